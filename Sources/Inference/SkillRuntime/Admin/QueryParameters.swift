// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import StatusPages
import Text

/// The parameters of a command, out of the part of its address after `?`.
struct QueryParameters {
    private var values: [String: String] = [:]

    /// What no command needs more than.
    private static let maxCount = 8

    /// Reads `name=value&name=value`, with percent-encoding. Throws for what cannot be read, and for a name that is there
    /// twice: which one is meant?
    init(_ query: String?) throws(AdminRefusal) {
        let parts = (query ?? "").utf8.split(separator: UInt8(ascii: "&"))
        guard parts.count <= Self.maxCount else { throw AdminRefusal("too many parameters") }
        for part in parts {
            let rawName = part.prefix { $0 != UInt8(ascii: "=") }
            guard let name = Self.decoded(rawName),
                let value = Self.decoded(part.dropFirst(rawName.count + 1))
            else { throw AdminRefusal("the parameters are not percent-encoded UTF-8") }
            guard values.updateValue(value, forKey: name) == nil else {
                throw AdminRefusal("\(PrintableText.quoted(name)) is given twice")
            }
        }
    }

    /// Nil for what is not percent-encoded UTF-8.
    private static func decoded(_ text: Substring.UTF8View) -> String? {
        PercentDecoding.strict(Array(text)).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// The value of a parameter; nil when it is not given.
    subscript(name: String) -> String? { values[name] }

    /// Throws for a parameter that is none of these.
    func allow(_ names: [String]) throws(AdminRefusal) {
        guard let other = values.keys.filter({ !names.contains($0) }).min() else { return }
        let hint =
            names.isEmpty ? "there are none here" : "use " + names.joined(separator: ", ")
        throw AdminRefusal("unknown parameter \(PrintableText.quoted(other)): \(hint)")
    }
}

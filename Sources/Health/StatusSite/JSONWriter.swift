// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// Writes a JSON document (RFC 8259) from its beginning to its end.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// An object; with a key inside another one, without one in an array or as the document.
    mutating func object(_ key: StaticString? = nil, _ body: (inout JSONWriter) -> Void) {
        wrap(key, "{", "}", body)
    }

    /// An array of objects.
    mutating func array<Elements: Sequence>(
        _ key: StaticString, _ elements: Elements,
        _ body: (inout JSONWriter, Elements.Element) -> Void
    ) {
        wrap(key, "[", "]") { writer in
            for element in elements { writer.object { body(&$0, element) } }
        }
    }

    /// A text; `null` for nil.
    mutating func set(_ key: StaticString, _ value: String?) {
        begin(key)
        bytes += (value.map { PrintableText.quoted($0, .json) } ?? "null").utf8
    }

    /// A number; `null` for nil.
    mutating func set(_ key: StaticString, _ value: (some BinaryInteger)?) {
        begin(key)
        bytes += (value.map { "\($0)" } ?? "null").utf8
    }

    /// True or false.
    mutating func set(_ key: StaticString, _ value: Bool) {
        begin(key)
        bytes += (value ? "true" : "false").utf8
    }

    private mutating func wrap(
        _ key: StaticString?, _ open: StaticString, _ close: StaticString,
        _ body: (inout JSONWriter) -> Void
    ) {
        begin(key)
        bytes += Array(open)
        needsComma = false
        body(&self)
        bytes += Array(close)
        needsComma = true
    }

    private mutating func begin(_ key: StaticString?) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
        guard let key else { return }
        bytes.append(UInt8(ascii: "\""))
        bytes += Array(key)
        bytes += "\":".utf8
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// The form of lists in OpenTelemetry's variables: `name=value,name=value`, values percent-encoded (W3C Baggage, "Header
/// Content", without properties).
enum KeyValueList {
    /// The texts between the commas, without blanks around them; empty ones are left out.
    static func entries(of text: String) -> [String] {
        text.utf8.split(separator: UInt8(ascii: ",")).map {
            String(Substring($0)).trimmingWhiteSpace
        }.filter { !$0.isEmpty }
    }

    /// Name and value of an entry, split at the first `=`: a base64 text may end with more. Nil without a name.
    static func pair(_ entry: String) -> (name: String, value: String)? {
        guard let equals = entry.utf8.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        let name = String(Substring(entry.utf8[..<equals])).trimmingWhiteSpace
        let value = String(Substring(entry.utf8[equals...].dropFirst())).trimmingWhiteSpace
        return name.isEmpty ? nil : (name, value)
    }

    /// The attributes of a whole list, the last of each name; nil when one of them is malformed.
    static func attributes(of text: String) -> [PushAttribute]? {
        var attributes: [PushAttribute] = []
        for entry in entries(of: text) {
            guard let (name, value) = pair(entry), let name = decoded(name),
                let value = decoded(value)
            else { return nil }
            attributes.set(name, value)
        }
        return attributes
    }

    /// The text that `text` stands for; nil when a `%` has no two hexadecimal digits, or the bytes are no UTF-8.
    static func decoded(_ text: String) -> String? {
        PercentDecoding.strict(Array(text.utf8)).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// The same, but a `%` that is no escape stands for itself: tokens have been seen with one.
    static func decodedWherePossible(_ text: String) -> String {
        String(decoding: PercentDecoding.lenient(Array(text.utf8)), as: UTF8.self)
    }
}

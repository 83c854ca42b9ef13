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
        String(validating: bytes(of: text) { nil }, as: UTF8.self)
    }

    /// The same, but a `%` that is no escape stands for itself: tokens have been seen with one.
    static func decodedWherePossible(_ text: String) -> String {
        String(decoding: bytes(of: text) { UInt8(ascii: "%") }, as: UTF8.self)
    }

    private static func bytes(of text: String, lonePercent: () -> UInt8?) -> [UInt8] {
        let text = Array(text.utf8)
        var bytes: [UInt8] = []
        var index = 0
        while index < text.count {
            if text[index] != UInt8(ascii: "%") {
                bytes.append(text[index])
            } else if index + 2 < text.count, let high = text[index + 1].hexDigit,
                let low = text[index + 2].hexDigit
            {
                bytes.append(high << 4 | low)
                index += 2
            } else {
                // 0xff is no UTF-8.
                bytes.append(lonePercent() ?? 0xff)
            }
            index += 1
        }
        return bytes
    }
}

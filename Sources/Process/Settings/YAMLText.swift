// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// Single values as YAML's core schema (1.2.2, 10.3) writes them.
enum YAMLText {
    static let nulls: [String] = ["", "~", "null", "Null", "NULL"]
    private static let booleans: [String] = ["true", "True", "TRUE", "false", "False", "FALSE"]

    /// Whether `text` without quotes is something else than text.
    static func isOfAnotherType(_ text: String) -> Bool {
        nulls.contains(text) || booleans.contains(text) || isNumber(text)
    }

    /// Integers, also octal and hexadecimal ones, and floating-point numbers.
    private static func isNumber(_ text: String) -> Bool {
        var rest = text.utf8[...]
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") {
            rest.removeFirst()
        }
        let unsigned = String(Substring(rest))
        if [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(unsigned) { return true }
        if unsigned.hasPrefix("0x") { return Int(unsigned.dropFirst(2), radix: 16) != nil }
        if unsigned.hasPrefix("0o") { return Int(unsigned.dropFirst(2), radix: 8) != nil }
        let marks: [UInt8] = Array(".eE+-".utf8)
        let isOfDigits = unsigned.utf8.allSatisfy { $0.isDigit || marks.contains($0) }
        guard isOfDigits, unsigned.utf8.contains(where: { $0.isDigit }) else { return false }
        return Double(unsigned.hasPrefix(".") ? "0" + unsigned : unsigned) != nil
    }

    /// `text` such that it is read as text again: in double quotes unless it is surely plain.
    static func text(_ text: String) -> String {
        // Some readers know more types than the core schema has: yes, 12:30, 2026-11-21.
        let words: [String] = ["yes", "no", "on", "off", "y", "n"]
        let beginsPlain = text.utf8.first.map { $0.isLetter || $0 == UInt8(ascii: "/") } ?? false
        let isPlain = beginsPlain && isWord(text) && !words.contains(text.lowercased())
        return isPlain && !isOfAnotherType(text) ? text : PrintableText.quoted(text, .yaml)
    }

    /// A word of ours, such as `10s`.
    static func word(_ text: String) -> String {
        let isPlain = !text.isEmpty && isWord(text) && text.utf8.first != UInt8(ascii: "-")
        return isPlain ? text : PrintableText.quoted(text, .yaml)
    }

    private static func isWord(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0.isLetter || $0.isDigit || "/._-".utf8.contains($0) }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

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
        let isOfDigits = unsigned.utf8.allSatisfy { isDigit($0) || marks.contains($0) }
        guard isOfDigits, unsigned.utf8.contains(where: isDigit) else { return false }
        return Double(unsigned.hasPrefix(".") ? "0" + unsigned : unsigned) != nil
    }

    /// `text` such that it is read as text again: in double quotes unless it is surely plain.
    static func text(_ text: String) -> String {
        // Some readers know more types than the core schema has: yes, 12:30, 2026-11-21.
        let words: [String] = ["yes", "no", "on", "off", "y", "n"]
        let beginsPlain = text.utf8.first.map { isLetter($0) || $0 == UInt8(ascii: "/") } ?? false
        let isPlain = beginsPlain && isWord(text) && !words.contains(text.lowercased())
        return isPlain && !isOfAnotherType(text) ? text : quoted(text)
    }

    /// A word of ours, such as `10s`.
    static func word(_ text: String) -> String {
        let isPlain = !text.isEmpty && isWord(text) && text.utf8.first != UInt8(ascii: "-")
        return isPlain ? text : quoted(text)
    }

    private static func isWord(_ text: String) -> Bool {
        text.utf8.allSatisfy { isLetter($0) || isDigit($0) || "/._-".utf8.contains($0) }
    }

    /// Double-quoted, in one line of printable ASCII and whole characters.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case " "..."~": result.unicodeScalars.append(scalar)
            case ..<"\u{100}": result += "\\x" + hex(scalar.value, digits: 2)
            case ..<"\u{10000}": result += "\\u" + hex(scalar.value, digits: 4)
            default: result += "\\U" + hex(scalar.value, digits: 8)
            }
        }
        return result + "\""
    }

    private static func hex(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}

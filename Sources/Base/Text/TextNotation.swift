// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How a text is written between quotes, and which escapes stand for what is not printed as it is.
package enum TextNotation: Sendable {
    /// Go's `%q`.
    case go
    /// A string of JSON (RFC 8259, 7).
    case json
    /// A double-quoted scalar of YAML (1.2.2, 7.3.1), in printable ASCII only.
    case yaml
    /// Go's escapes, without quotes around the text.
    case unquoted

    /// A byte that is a printable character of ASCII, and stands for itself in each notation.
    static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// A scalar as it is, or the escape that stands for it.
    func text(of scalar: Unicode.Scalar) -> String {
        if let letter = letter(for: scalar) { return "\\" + letter }
        if isPrintable(scalar) { return String(scalar) }
        switch scalar.value {
        case ..<limitOfTwoDigits: return "\\x" + String(hex: scalar.value, digits: 2)
        case ..<0x10000: return "\\u" + String(hex: scalar.value, digits: 4)
        default: return "\\U" + String(hex: scalar.value, digits: 8)
        }
    }

    /// The letter of a short escape.
    private func letter(for scalar: Unicode.Scalar) -> String? {
        switch scalar {
        case "\"" where self != .unquoted: "\""
        case "\\" where self != .unquoted: "\\"
        case "\n": "n"
        case "\r": "r"
        case "\t": "t"
        case "\u{8}": "b"
        case "\u{c}": "f"
        case "\u{7}" where self != .json: "a"
        case "\u{b}" where self != .json: "v"
        default: nil
        }
    }

    /// Up to here an escape has two digits and not four.
    private var limitOfTwoDigits: UInt32 {
        switch self {
        case .go, .unquoted: 0x80
        case .json: 0
        case .yaml: 0x100
        }
    }

    private func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch self {
        case .go, .unquoted: Self.isPrintable(scalar)
        case .json: !Self.isControl(scalar)
        case .yaml: scalar.value >= 0x20 && scalar.value < 0x7f
        }
    }

    /// Controls, what ends a line for some readers (U+2028, U+2029), and what reverses the direction of the text after
    /// it, so that a line shows something else than it says (CVE-2021-42574).
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case ..<0x20, 0x7f..<0xa0: true
        case 0x61c, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }

    /// Go's `strconv.IsPrint`: no controls, no formatting (so no change of direction), and no space but the one of
    /// ASCII. The only difference: code points that are not assigned yet pass here, and not in Go.
    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        // A list of our own: the standard library's categories are 33 KB of tables.
        switch scalar.value {
        case ..<0x20, 0x7f...0xa0, 0xad: false
        case 0x600...0x605, 0x61c, 0x6dd, 0x70f, 0x890...0x891, 0x8e2: false  // Arabic and Syriac
        case 0x1680, 0x180e, 0x2000...0x200f, 0x2028...0x202f, 0x205f...0x206f, 0x3000: false
        case 0xe000...0xf8ff, 0xf0000...: false  // private use
        case 0xfdd0...0xfdef, 0xfeff, 0xfff0...0xfffb, 0xfffe...0xffff: false
        case 0x110bd, 0x110cd, 0x13430...0x1343f, 0x1bca0...0x1bca3, 0x1d173...0x1d17a: false
        case 0xe0000...0xe00ff, 0xe01f0...0xeffff: false  // tags
        case 0x10000... where scalar.value & 0xfffe == 0xfffe: false  // noncharacters
        default: true
        }
    }
}

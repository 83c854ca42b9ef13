// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Makes text of others safe to print: nothing in the result can steer a terminal.
public enum PrintableText {
    /// `text` in double quotes with Go's escapes (`%q`).
    public static func quoted(_ text: String) -> String { quoted(utf8: Array(text.utf8)) }

    /// Bytes in double quotes with Go's escapes (`%q`); those that are not UTF-8 become `\xff`.
    public static func quoted(utf8 bytes: [UInt8]) -> String {
        var text = "\""
        _ = append(bytes, to: &text, isQuoted: true, limit: .max)
        return text + "\""
    }

    /// `text` as it is but for what cannot be printed, which becomes `\n`, `\x1b` or `\u202e`; cut
    /// before `limit` bytes are passed, and then marked so.
    public static func escaped(_ text: String, limit: Int) -> String {
        escaped(utf8: Array(text.utf8), limit: limit)
    }

    /// The same for bytes; those that are not UTF-8 become `\xff`.
    public static func escaped(utf8 bytes: [UInt8], limit: Int) -> String {
        var text = ""
        let isWhole = append(bytes, to: &text, isQuoted: false, limit: limit)
        return isWhole ? text : text + " [cut]"
    }

    /// The beginning of `text` that has at most `bytes` bytes, and ends with a whole character.
    public static func prefix(of text: String, bytes: Int) -> String {
        let all = Array(text.utf8)
        var end = min(bytes, all.count)
        while end > 0, end < all.count, all[end] & 0xc0 == 0x80 { end -= 1 }
        return String(decoding: all[..<end], as: UTF8.self)
    }

    /// Appends as much as `limit` bytes hold; false when something was left.
    private static func append(
        _ bytes: [UInt8], to text: inout String, isQuoted: Bool, limit: Int
    ) -> Bool {
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var offset = 0
        while true {
            var piece = ""
            switch parser.parseScalar(from: &iterator) {
            case .valid(let encoded):
                offset += encoded.count
                piece = escape(Unicode.UTF8.decode(encoded), isQuoted: isQuoted)
            case .error(let length):
                for byte in bytes[offset..<offset + length] {
                    piece += "\\x" + hex(UInt32(byte), digits: 2)
                }
                offset += length
            case .emptyInput:
                return true
            }
            if text.utf8.count + piece.utf8.count > limit { return false }
            text += piece
        }
    }

    private static func escape(_ scalar: Unicode.Scalar, isQuoted: Bool) -> String {
        switch scalar {
        case "\"" where isQuoted: "\\\""
        case "\\" where isQuoted: "\\\\"
        case "\u{7}": "\\a"
        case "\u{8}": "\\b"
        case "\u{c}": "\\f"
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        case "\u{b}": "\\v"
        case _ where isPrintable(scalar): String(scalar)
        case ..<" ", "\u{7f}": "\\x" + hex(scalar.value, digits: 2)
        case ..<"\u{10000}": "\\u" + hex(scalar.value, digits: 4)
        default: "\\U" + hex(scalar.value, digits: 8)
        }
    }

    /// Go's `strconv.IsPrint`: no controls, no formatting (so no change of direction), and no space
    /// but the one of ASCII. Only code points that are not assigned yet pass here, and not in Go.
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

    private static func hex(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: digits - text.utf8.count) + text
    }
}

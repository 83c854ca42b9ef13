// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Makes foreign text safe to print: nothing in the result can steer a terminal or end a log line.
package enum PrintableText {
    /// `text` in double quotes, in Go's notation unless another one is named.
    package static func quoted(_ text: String, _ notation: TextNotation = .go) -> String {
        quoted(utf8: Array(text.utf8), notation)
    }

    /// Bytes in double quotes; those that are not UTF-8 become `\xff`.
    package static func quoted(utf8 bytes: [UInt8], _ notation: TextNotation = .go) -> String {
        var text = "\""
        _ = append(bytes, to: &text, notation, limit: .max)
        return text + "\""
    }

    /// Appends `more` in double quotes, in Go's notation.
    package static func appendQuoted(_ more: String, to text: inout String) {
        text += "\""
        _ = append(Array(more.utf8), to: &text, .go, limit: .max)
        text += "\""
    }

    /// `text` unchanged, except that what cannot be printed becomes `\n`, `\x1b` or `\u202e`; cut before it is longer
    /// than `limit` bytes, and then marked with `[cut]`.
    package static func escaped(_ text: String, limit: Int) -> String {
        escaped(utf8: Array(text.utf8), limit: limit)
    }

    /// The same for bytes; those that are not UTF-8 become `\xff`.
    package static func escaped(utf8 bytes: [UInt8], limit: Int) -> String {
        var text = ""
        let isWhole = append(bytes, to: &text, .unquoted, limit: limit)
        return isWhole ? text : text + " [cut]"
    }

    /// The beginning of `text` that has at most `bytes` bytes, and ends with a whole character.
    package static func prefix(of text: String, bytes: Int) -> String {
        let all = Array(text.utf8)
        var end = min(bytes, all.count)
        while end > 0, end < all.count, all[end] & 0xc0 == 0x80 { end -= 1 }
        return String(decoding: all[..<end], as: UTF8.self)
    }

    /// `text`, or its beginning of at most `limit` bytes, marked with `[cut]`.
    package static func cut(_ text: String, limit: Int) -> String {
        text.utf8.count <= limit ? text : prefix(of: text, bytes: limit) + " [cut]"
    }

    /// Appends as much as `limit` bytes hold; false when something was left.
    private static func append(
        _ bytes: [UInt8], to text: inout String, _ notation: TextNotation, limit: Int
    ) -> Bool {
        // As most text is: one by one, the 15 bytes of an address were a fortieth of a run of the probe.
        if text.utf8.count + bytes.count <= limit, bytes.allSatisfy(TextNotation.isPlain) {
            text += String(decoding: bytes, as: UTF8.self)
            return true
        }
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var offset = 0
        while true {
            var next = ""
            switch parser.parseScalar(from: &iterator) {
            case .valid(let encoded):
                offset += encoded.count
                next = notation.text(of: Unicode.UTF8.decode(encoded))
            case .error(let length):
                for byte in bytes[offset..<offset + length] {
                    next += "\\x" + String(hex: UInt32(byte), digits: 2)
                }
                offset += length
            case .emptyInput:
                return true
            }
            if text.utf8.count + next.utf8.count > limit { return false }
            text += next
        }
    }
}

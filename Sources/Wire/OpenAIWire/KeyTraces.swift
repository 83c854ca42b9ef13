// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// Finds parts of a secret key in texts of others: any eight consecutive bytes of it, plain or in Base64.
package struct KeyTraces {
    private let length: Int
    private let plain: Set<UInt64>
    private let encoded: Set<UInt64>

    /// So many consecutive bytes reveal a key; a shorter key is searched as a whole.
    private static let longest = 8

    /// Looks for parts of this key.
    package init(of key: String) {
        let bytes = Array(key.utf8)
        let length = min(bytes.count, Self.longest)
        self.length = length
        self.plain = Set(Self.windows(of: bytes, length))
        // The Base64 of a key depends on its place in a group of three bytes. Characters that also depend on the bytes around
        // the key are left out.
        self.encoded = Set(
            (0..<3).flatMap { shift in
                let text = Base64.encode([UInt8](repeating: 0, count: shift) + bytes)
                let end = (shift + bytes.count) * 4 / 3
                let start = (shift * 4 + 2) / 3
                return Self.windows(of: Array(text.utf8.prefix(end).dropFirst(start)), length)
            })
    }

    /// Whether `text` contains a part of the key.
    package func areIn(_ text: String) -> Bool {
        if length == 0 { return false }
        let bytes = Array(text.utf8)
        if !plain.isDisjoint(with: Self.windows(of: bytes, length)) { return true }
        // The alphabet for URLs differs in two characters.
        let base64 = bytes.map { byte in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: byte
            }
        }
        return !encoded.isDisjoint(with: Self.windows(of: base64, length))
    }

    /// All substrings of `length` bytes, each as a number.
    private static func windows(of bytes: [UInt8], _ length: Int) -> [UInt64] {
        guard length > 0, bytes.count >= length else { return [] }
        return (0...(bytes.count - length)).map { start in
            bytes[start..<start + length].reduce(0) { $0 << 8 | UInt64($1) }
        }
    }
}

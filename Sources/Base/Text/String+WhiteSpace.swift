// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

extension String {
    /// The text without the white space at its ends (Go: `strings.TrimSpace`).
    package var trimmingWhiteSpace: String {
        var text = unicodeScalars[...]
        while let first = text.first, first.isWhiteSpace { text.removeFirst() }
        while let last = text.last, last.isWhiteSpace { text.removeLast() }
        return String(text)
    }
}

extension Unicode.Scalar {
    /// Unicode's White_Space (PropList.txt); the standard library's properties are 33 KB of tables.
    fileprivate var isWhiteSpace: Bool {
        switch value {
        case 0x09...0x0d, 0x20, 0x85, 0xa0, 0x1680, 0x2000...0x200a, 0x2028, 0x2029, 0x202f, 0x205f,
            0x3000:
            true
        default: false
        }
    }
}

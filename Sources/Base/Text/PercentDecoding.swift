// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Reads percent-encoding (RFC 3986, 2.1): `%` and two hexadecimal digits stand for a byte.
package enum PercentDecoding {
    /// The bytes that `text` stands for. A `%` that is no escape stands for itself; in a form, `+` is a space.
    package static func lenient(_ text: [UInt8], plusIsSpace: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        var index = 0
        while index < text.count {
            if let byte = escaped(text, index) {
                bytes.append(byte)
                index += 3
                continue
            }
            let isSpace = plusIsSpace && text[index] == UInt8(ascii: "+")
            bytes.append(isSpace ? UInt8(ascii: " ") : text[index])
            index += 1
        }
        return bytes
    }

    /// The bytes that `text` stands for; nil when a `%` is no escape.
    package static func strict(_ text: [UInt8]) -> [UInt8]? {
        let isStray = text.indices.contains { index in
            text[index] == UInt8(ascii: "%") && escaped(text, index) == nil
        }
        return isStray ? nil : lenient(text)
    }

    /// The byte that the escape at `index` stands for; nil where there is none.
    private static func escaped(_ text: [UInt8], _ index: Int) -> UInt8? {
        guard text[index] == UInt8(ascii: "%"), index + 2 < text.count,
            let high = text[index + 1].hexDigit, let low = text[index + 2].hexDigit
        else { return nil }
        return high << 4 | low
    }
}

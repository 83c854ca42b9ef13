// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

extension [UInt8] {
    /// Appends `name="value"`.
    mutating func append(_ label: MetricLabel) {
        append(contentsOf: label.name.utf8)
        append(UInt8(ascii: "="))
        append(UInt8(ascii: "\""))
        escape(label.value, quotes: true)
        append(UInt8(ascii: "\""))
    }

    /// Appends text with a backslash before backslashes and, if asked, quotes; a line feed is `\n`.
    mutating func escape(_ text: String, quotes: Bool) {
        var text = text
        text.withUTF8 { bytes in
            let isPlain = bytes.allSatisfy { !$0.isEscaped(quotes) }
            if isPlain { return append(contentsOf: bytes) }
            for byte in bytes {
                if byte.isEscaped(quotes) { append(UInt8(ascii: "\\")) }
                append(byte == UInt8(ascii: "\n") ? UInt8(ascii: "n") : byte)
            }
        }
    }

    /// Appends a whole number.
    mutating func append(_ value: Int) {
        if value >= 0, value < 10 { return append(UInt8(ascii: "0") + UInt8(value)) }
        append(contentsOf: "\(value)".utf8)
    }

    /// Appends a number as both formats have it.
    mutating func append(_ value: Double) {
        if value.isFinite {
            append(contentsOf: "\(value)".utf8)
        } else {
            let text = value.isNaN ? "NaN" : value > 0 ? "+Inf" : "-Inf"
            append(contentsOf: text.utf8)
        }
    }
}

extension UInt8 {
    fileprivate func isEscaped(_ quotes: Bool) -> Bool {
        self == UInt8(ascii: "\\") || self == UInt8(ascii: "\n")
            || quotes && self == UInt8(ascii: "\"")
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Recognises the end of a line: CR LF, and nothing else (RFC 9112, 2.2).
struct LineEnd {
    private var isCarriageReturnSeen = false

    /// The first byte of the end has come.
    var isBegun: Bool { isCarriageReturnSeen }

    /// True when `byte` ends the line, false when it begins the end, nil when it belongs to the line.
    mutating func take(_ byte: UInt8) throws(HTTP1Fault) -> Bool? {
        if isCarriageReturnSeen {
            guard byte == UInt8(ascii: "\n") else { throw .lineEnd }
            isCarriageReturnSeen = false
            return true
        }
        isCarriageReturnSeen = byte == UInt8(ascii: "\r")
        return isCarriageReturnSeen ? false : nil
    }
}

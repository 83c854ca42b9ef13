// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Limits the memory that parsing a JSON text takes, before it is parsed: jansson needs about 60 bytes for each value, which
/// may have two bytes in the text, and stack for each level.
struct JSONSize {
    /// Whether the text is within the limits of values and levels. It may still be invalid.
    let fits: Bool

    private static let maxDepth = 32

    init(_ bytes: UnsafeRawBufferPointer, maxValues: Int) {
        var (values, depth, deepest) = (1, 0, 0)
        var (isInString, isEscaped) = (false, false)
        for byte in bytes {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: ","): values += 1
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                values += 1
                depth += 1
                deepest = max(deepest, depth)
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
        }
        fits = values <= maxValues && deepest <= Self.maxDepth
    }
}

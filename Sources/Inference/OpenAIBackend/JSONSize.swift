// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How much a JSON text would become in memory, counted before it is read: jansson takes some 60 bytes for each value,
/// which may have two bytes in the text, and the stack for each level.
struct JSONSize {
    /// The text has no more values and no more levels than it may. Whether it is valid is for its reader to say.
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

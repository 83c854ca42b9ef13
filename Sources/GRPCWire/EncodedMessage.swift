// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// A message ready for the wire: the five-byte prefix (no compression, length in big-endian) and the payload.
///
/// Made once and sent as often as wanted: copies share the bytes.
public struct EncodedMessage: Sendable {
    /// The size of the prefix.
    public static let prefixSize = 5

    /// Prefix and payload.
    public let bytes: [UInt8]

    /// A message of `count` bytes, which `write` fills in completely.
    public init(count: Int, _ write: (UnsafeMutableRawBufferPointer) -> Void) {
        let total = Self.prefixSize + count
        self.bytes = [UInt8](unsafeUninitializedCapacity: total) { buffer, initialised in
            buffer.initialize(repeating: 0)
            let length = UInt32(count)
            for index in 0..<4 {
                buffer[1 + index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * index))
            }
            write(
                UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[Self.prefixSize...]))
            initialised = total
        }
    }

    /// The message without a byte: all fields at their defaults.
    public static let empty = EncodedMessage(count: 0) { _ in }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// A message ready for the wire: the five-byte prefix (no compression, length in big-endian) and the payload.
///
/// Made once and sent as often as wanted: copies share the bytes.
public struct EncodedMessage: Sendable {
    /// The size of the prefix.
    package static let prefixSize = 5

    /// Prefix and payload.
    package let bytes: [UInt8]

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

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// The payload is compressed, and marked so.
    package var isCompressed: Bool { bytes[0] == 1 }

    /// The payload in gzip, marked so; nil only when memory is short.
    package var gzipped: EncodedMessage? {
        let compressed = bytes.withUnsafeBufferPointer {
            Gzip.compress(
                UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer($0)[Self.prefixSize...]))
        }
        guard let compressed else { return nil }
        let message = EncodedMessage(count: compressed.count) { $0.copyBytes(from: compressed) }
        var bytes = message.bytes
        bytes[0] = 1
        return EncodedMessage(bytes: bytes)
    }

    /// The message for a peer that takes gzip: compressed where that makes it smaller. It never does below the
    /// 18 bytes of gzip's own and then some, so a health answer stays as it is.
    package var gzippedIfSmaller: EncodedMessage {
        guard bytes.count - Self.prefixSize > 48, !isCompressed, let compressed = gzipped,
            compressed.bytes.count < bytes.count
        else { return self }
        return compressed
    }

    /// The message without a byte: all fields at their defaults.
    public static let empty = EncodedMessage(count: 0) { _ in }
}

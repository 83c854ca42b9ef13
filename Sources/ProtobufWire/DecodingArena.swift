// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CProtobufC
import GRPCWire

/// Memory for decoded messages: handed out in order, taken back all at once when the message has been read.
///
/// One arena serves a thread. Decoding a small message allocates nothing, and a message can never unfold to more
/// than a fixed multiple of its own size.
public final class DecodingArena {
    private static let firstChunkSize = 1024
    /// A repeated message of two bytes on the wire takes some 56 in memory: this allows any honest message.
    private static let unfoldingLimit = 48

    private let firstChunk = UnsafeMutableRawPointer.allocate(
        byteCount: firstChunkSize, alignment: 16)
    private var used = 0
    private var overflow: [UnsafeMutableRawPointer] = []
    private var remaining = 0

    /// An arena with room for small messages.
    public init() {}

    deinit {
        reset()
        firstChunk.deallocate()
    }

    /// Decodes `bytes` with the `unpack` function that protoc-c generated, and lends the message to `body`.
    ///
    /// Throws INTERNAL when the bytes are no such message, as other gRPC servers do.
    public func decode<Message, Result>(
        _ bytes: UnsafeRawBufferPointer,
        _ unpack: (
            UnsafeMutablePointer<ProtobufCAllocator>?, Int, UnsafePointer<UInt8>?
        ) -> UnsafeMutablePointer<Message>?,
        _ body: (UnsafePointer<Message>) throws(Status) -> Result
    ) throws(Status) -> Result {
        remaining = bytes.count * Self.unfoldingLimit + Self.firstChunkSize
        defer { reset() }
        var allocator = ProtobufCAllocator(
            alloc: { context, size in DecodingArena.from(context).allocate(size) },
            free: { _, _ in },  // all at once, by reset()
            allocator_data: Unmanaged.passUnretained(self).toOpaque())
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard let message = unpack(&allocator, bytes.count, start) else {
            throw Status(.internal, "the request is not a valid protobuf message of its type")
        }
        return try body(message)
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> DecodingArena {
        Unmanaged<DecodingArena>.fromOpaque(context!).takeUnretainedValue()
    }

    /// nil when the message unfolds beyond its limit: protobuf-c then gives up.
    private func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
        let rounded = (size + 15) & ~15
        guard rounded <= remaining else { return nil }
        remaining -= rounded
        if used + rounded <= Self.firstChunkSize {
            defer { used += rounded }
            return firstChunk + used
        }
        let chunk = UnsafeMutableRawPointer.allocate(byteCount: rounded, alignment: 16)
        overflow.append(chunk)
        return chunk
    }

    private func reset() {
        used = 0
        if overflow.isEmpty { return }
        for chunk in overflow { chunk.deallocate() }
        overflow.removeAll()
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CZlib

/// Compression of messages (gRPC, compression.md; RFC 1952).
enum Gzip {
    /// `bytes` as one gzip member; nil only when memory is short.
    static func compress(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        guard let stream = DeflateStream() else { return nil }
        return stream.compress(bytes)
    }

    /// Decompresses `bytes` at once: for a client, which has nothing else to do.
    static func decompress(_ bytes: [UInt8], limit: Int) throws(Status) -> [UInt8] {
        let decompression = try Decompression(bytes, maxMessageSize: limit)
        var (allowance, budget) = (Int.max / 2, Int.max / 2)
        while try !decompression.advance(&allowance, &budget) {}
        return decompression.message
    }
}

/// The state of one compression, which must not move in memory.
private struct DeflateStream: ~Copyable {
    private let stream: UnsafeMutablePointer<z_stream>

    init?() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        if czlib_deflate_init_gzip(stream) == Z_OK { return }
        stream.deallocate()
        return nil
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    func compress(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        // At least this much always suffices: one call does it all.
        let bound = Int(deflateBound(stream, UInt(bytes.count)))
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(bytes.count)
        var isWhole = false
        let output = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
            stream.pointee.next_out = buffer.baseAddress
            stream.pointee.avail_out = UInt32(bound)
            isWhole = deflate(stream, Z_FINISH) == Z_STREAM_END
            count = bound - Int(stream.pointee.avail_out)
        }
        return isWhole ? output : nil
    }
}

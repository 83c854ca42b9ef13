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

    /// How many times its size a message may unfold to before the rest counts as ``bloat``. Text comes to ten.
    private static let fairRatio = 32

    /// What `bytes` unfold to. Never holds more than `limit` bytes: more of them are RESOURCE_EXHAUSTED, and what
    /// is no whole gzip is INTERNAL. `bloat` grows by the bytes that cost us work and their sender next to nothing, by
    /// `maxBloat` at most.
    static func decompress(
        _ bytes: UnsafeRawBufferPointer, limit: Int, maxBloat: Int, bloat: inout Int
    ) throws(Status) -> [UInt8] {
        guard let stream = InflateStream() else {
            throw Status(.resourceExhausted, "no memory to decompress a message")
        }
        var output: [UInt8] = []
        let fair = fairRatio * bytes.count
        defer { bloat += max(0, output.count - fair) }
        if maxBloat < limit - fair {
            try stream.decompress(
                bytes, limit: fair + maxBloat, into: &output,
                else: "the server has unfolded too much gzip lately, of whichever client: try again"
            )
        } else {
            try stream.decompress(
                bytes, limit: limit, into: &output,
                else: "a message decompresses to more than \(limit) bytes")
        }
        return output
    }
}

/// The state of one compression, which zlib has to find where it left it.
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

/// The state of one decompression.
private struct InflateStream: ~Copyable {
    private let stream: UnsafeMutablePointer<z_stream>

    init?() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        if czlib_inflate_init_gzip(stream) == Z_OK { return }
        stream.deallocate()
        return nil
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    func decompress(
        _ bytes: UnsafeRawBufferPointer, limit: Int, into output: inout [UInt8],
        else refusal: @autoclosure () -> String
    ) throws(Status) {
        let malformed = Status(.internal, "a compressed message is not valid gzip")
        guard let start = bytes.baseAddress else { throw malformed }
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: start.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(bytes.count)
        while true {
            // One byte more than allowed is enough to know that there are too many.
            let room = min(limit + 1 - output.count, max(4096, output.count))
            let (result, written) = inflateOnce(room, into: &output)
            if output.count > limit {
                throw Status(.resourceExhausted, refusal())
            }
            switch result {
            case Z_STREAM_END:
                // Members may follow each other (RFC 1952, 2.2).
                if stream.pointee.avail_in == 0 { return }
                guard inflateReset(stream) == Z_OK else { throw malformed }
            case Z_OK where written > 0 || stream.pointee.avail_in > 0: break
            case Z_MEM_ERROR:
                throw Status(.resourceExhausted, "no memory to decompress a message")
            default: throw malformed
            }
        }
    }

    /// Appends at most `room` bytes; returns what zlib said and how many there were.
    private func inflateOnce(_ room: Int, into output: inout [UInt8]) -> (CInt, Int) {
        var result: CInt = Z_OK
        let piece = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            stream.pointee.next_out = buffer.baseAddress
            stream.pointee.avail_out = UInt32(room)
            result = inflate(stream, Z_NO_FLUSH)
            count = room - Int(stream.pointee.avail_out)
        }
        output.append(contentsOf: piece)
        return (result, piece.count)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CZlib

/// The decompression of one gzip message, which can pause after any amount of work.
///
/// Work is counted in output bytes, 3 ns each. An input byte counts as four of them, and a step of zlib as ``stepCost``:
/// empty blocks and members produce nothing, and zlib may have to build tables for a block.
final class Decompression {
    private let stream: InflateStream
    private let compressed: [UInt8]
    private var taken = 0
    private let limit: Int
    private let maxMessageSize: Int
    /// The output so far.
    private(set) var message: [UInt8] = []
    /// The work so far.
    private(set) var work = 0

    /// A block with tables of its own takes 1 us, one without 50 ns.
    private static let (stepCost, inputCost) = (256, 4)
    /// A message of this size may be compressed as far as it goes.
    private static let freeSize = 512 << 10
    /// The largest ratio for a larger message. Text has ten.
    private static let ratio = 14
    /// What a message may cost, beside so many times its size, before the rest counts as ``excess``.
    private static let (fairRatio, fairWork) = (16, 4096)

    /// Begins with `compressed`; a message of more than `maxMessageSize` bytes is refused.
    init(_ compressed: [UInt8], maxMessageSize: Int) throws(Status) {
        guard let stream = InflateStream() else { throw .noMemory }
        self.stream = stream
        self.compressed = compressed
        self.maxMessageSize = maxMessageSize
        limit = min(maxMessageSize, max(Self.freeSize, Self.ratio * compressed.count))
    }

    /// Bytes held now.
    var heldBytes: Int { compressed.count + message.count }

    /// Work that the size of the input does not justify: expensive for us, cheap for the sender.
    var excess: Int { max(0, work - fair) }

    private var fair: Int { Self.fairRatio * compressed.count + Self.fairWork }

    /// Continues, and subtracts its work from `allowance`, at most one step too much; true when ``message`` is complete.
    /// ``excess`` may grow by `budget`, and is subtracted from it.
    ///
    /// Throws RESOURCE_EXHAUSTED when the message becomes too large or the budget is used up, and INTERNAL when there
    /// is no whole gzip.
    func advance(_ allowance: inout Int, _ budget: inout Int) throws(Status) -> Bool {
        let (before, excessBefore) = (work, excess)
        let end = work + min(allowance, max(0, fair - work) + budget)
        defer {
            allowance -= work - before
            budget -= excess - excessBefore
        }
        if end <= work, allowance > 0 {
            throw Status(.resourceExhausted, "decompression budget exhausted; retry")
        }
        while work < end {
            if try step(atMost: min(end - work, 32 << 10)) { return true }
        }
        return false
    }

    /// One step of zlib, to the end of a block, or of `size` bytes on either side; true at the end of the message.
    private func step(atMost size: Int) throws(Status) -> Bool {
        let rest = compressed.count - taken
        if rest == 0 { throw .notGzip }
        // One byte more than allowed is enough to know that there are too many.
        let room = min(size, limit + 1 - message.count)
        let input = min(size, rest)
        let before = message.count
        let (result, left) = compressed.withUnsafeBufferPointer {
            stream.inflate($0[taken..<taken + input], into: &message, atMost: room)
        }
        work += Self.stepCost + Self.inputCost * (input - left) + message.count - before
        taken += input - left
        if message.count > limit { throw refusal }
        switch result {
        case Z_OK: break
        // This step was not enough.
        case Z_BUF_ERROR where left < input || taken < compressed.count: break
        case Z_STREAM_END:
            // Members may follow each other (RFC 1952, 2.2).
            if taken == compressed.count { return true }
            guard stream.reset() else { throw .notGzip }
        case Z_MEM_ERROR: throw .noMemory
        default: throw .notGzip
        }
        return false
    }

    private var refusal: Status {
        let text = "a message decompresses to more than \(limit) bytes"
        return Status(
            .resourceExhausted,
            limit == maxMessageSize ? text : text + ": send it without compression")
    }
}

extension Status {
    fileprivate static let notGzip = Status(.internal, "a compressed message is not valid gzip")
    fileprivate static let noMemory = Status(
        .resourceExhausted, "no memory to decompress a message")
}

/// The state of zlib, which must not move in memory.
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

    /// Appends at most `room` bytes to `output`, up to the end of a block. The result is zlib's, and the number of unused bytes
    /// of `input`.
    func inflate(
        _ input: Slice<UnsafeBufferPointer<UInt8>>, into output: inout [UInt8], atMost room: Int
    ) -> (result: CInt, left: Int) {
        let bytes = UnsafeBufferPointer(rebasing: input)
        stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
        stream.pointee.avail_in = UInt32(bytes.count)
        var result = Z_OK
        let chunk = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            stream.pointee.next_out = buffer.baseAddress
            stream.pointee.avail_out = UInt32(room)
            result = CZlib.inflate(stream, Z_BLOCK)
            count = room - Int(stream.pointee.avail_out)
        }
        output.append(contentsOf: chunk)
        return (result, Int(stream.pointee.avail_in))
    }

    /// Ready for another member; false if zlib refuses.
    func reset() -> Bool { inflateReset(stream) == Z_OK }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How the streams of a peer ended, as far as it decides what may still come on them (RFC 9113, 5.1 and 5.1.1).
///
/// A peer that ended a stream itself sends nothing more on it. On one that we cut off, its frames may be under
/// way. Only the second kind is kept, and only the latest of it: on older streams, everything is let pass.
struct StreamHistory {
    /// The highest stream that the peer has opened.
    private(set) var newest: Int32 = -1
    /// The peer has neither ended ``newest``, nor have we cut it off.
    private(set) var newestTakesData = false

    private var skipped: [ClosedRange<Int32>] = []
    private var cutOff: [Int32] = []
    private var nextCutOff = 0
    /// No stream up to this one is remembered.
    private var forgotten: Int32 = 0

    private static let maxSkipped = 8
    private static let maxCutOff = 128

    /// Notes a frame if it is what most frames are: the first of the next stream, or data of the newest.
    @inline(__always)
    mutating func isUsual(_ head: FrameHead) -> Bool {
        if head.kind == FrameHead.Kind.headers {
            guard head.streamID == newest &+ 2, head.endsBlock else { return false }
            newest = head.streamID
            newestTakesData = !head.endsStream
            return true
        }
        guard head.kind == FrameHead.Kind.data, head.streamID == newest, newestTakesData else {
            return false
        }
        if head.endsStream { newestTakesData = false }
        // A frame without data may be all padding too.
        return head.endsStream || (head.length > 0 && !head.isPadded)
    }

    /// Notes a stream above ``newest``. The idle ones below it can never be opened any more.
    mutating func opened(_ head: FrameHead) {
        if head.streamID > newest &+ 2 {
            if skipped.count == Self.maxSkipped { skipped.removeFirst() }
            skipped.append(newest &+ 2...head.streamID &- 2)
        }
        newest = head.streamID
        newestTakesData = !head.endsStream
    }

    /// Notes that the peer sends no more on a stream.
    mutating func ended(_ streamID: Int32) {
        if streamID == newest { newestTakesData = false }
    }

    /// Notes that a stream is closed, of which the peer may send still.
    mutating func wasCutOff(_ streamID: Int32) {
        ended(streamID)
        if cutOff.count < Self.maxCutOff { return cutOff.append(streamID) }
        forgotten = max(forgotten, cutOff[nextCutOff])
        cutOff[nextCutOff] = streamID
        nextCutOff = (nextCutOff + 1) % Self.maxCutOff
    }

    /// The peer may not know yet that the stream is closed.
    func mayBeUnderWay(_ streamID: Int32) -> Bool {
        streamID <= forgotten || cutOff.contains(streamID)
    }

    /// The peer never opened the stream, and opened a higher one.
    func wasSkipped(_ streamID: Int32) -> Bool { skipped.contains { $0.contains(streamID) } }
}

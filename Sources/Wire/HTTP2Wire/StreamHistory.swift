// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How the streams of a peer ended, as far as it decides what may still come on them (RFC 9113, 5.1 and 5.1.1).
///
/// A peer that ended a stream itself sends nothing more on it. On a stream that we cut off, its frames may be under way.
/// Only the latest streams that we cut off are remembered: on older ones all frames are accepted.
struct StreamHistory {
    /// The highest stream that the peer has opened.
    private(set) var newest: Int32 = -1
    /// Of the latest streams, a bit each: the peer has neither ended it, nor have we cut it off.
    private var takesData = InlineArray<4, UInt64>(repeating: 0)

    private var skipped: [ClosedRange<Int32>] = []
    private var cutOff: [Int32] = []
    private var nextCutOff = 0
    /// No stream up to this one is remembered.
    private var forgotten: Int32 = 0

    private static let maxSkipped = 8
    private static let maxCutOff = 128

    /// Notes a frame that is as most are: the first of the next stream, or data of a recent one. False when it is another:
    /// then nothing is noted.
    @inline(__always)
    mutating func noteIfUsual(_ head: FrameHead) -> Bool {
        if head.kind == FrameHead.Kind.headers {
            guard head.streamID == newest &+ 2, head.endsBlock else { return false }
            newest = head.streamID
            setTakesData(head.streamID, !head.endsStream)
            return true
        }
        guard head.kind == FrameHead.Kind.data, takesData(head.streamID) else { return false }
        if head.endsStream {
            setTakesData(head.streamID, false)
            return true
        }
        // A frame without data may be all padding too.
        return head.length > 0 && !head.isPadded
    }

    private static let recent: Int32 = 2 * 4 * 64

    @inline(__always)
    private func takesData(_ streamID: Int32) -> Bool {
        guard streamID <= newest, newest &- streamID < Self.recent else { return false }
        let place = Int(streamID >> 1)
        return takesData[place >> 6 & 3] >> UInt64(place & 63) & 1 != 0
    }

    @inline(__always)
    private mutating func setTakesData(_ streamID: Int32, _ isSet: Bool) {
        let place = Int(streamID >> 1)
        let bit: UInt64 = 1 << UInt64(place & 63)
        if isSet {
            takesData[place >> 6 & 3] |= bit
        } else {
            takesData[place >> 6 & 3] &= ~bit
        }
    }

    /// Notes a stream above ``newest``. The idle ones below it can never be opened any more.
    mutating func opened(_ head: FrameHead) {
        if head.streamID > newest &+ 2 {
            if skipped.count == Self.maxSkipped { skipped.removeFirst() }
            skipped.append(newest &+ 2...head.streamID &- 2)
            // Those between have bits of streams long gone.
            takesData = InlineArray(repeating: 0)
        }
        newest = head.streamID
        setTakesData(head.streamID, !head.endsStream)
    }

    /// Notes that the peer sends no more on a stream.
    mutating func ended(_ streamID: Int32) {
        if newest &- streamID < Self.recent { setTakesData(streamID, false) }
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

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Counts the frames of one track by the timestamps and markers of its packets: a frame ends with a marked packet, or where the
/// timestamp changes.
package struct RTPFrames: Equatable, Sendable {
    /// Frames that have ended.
    package private(set) var count = 0
    /// Time between frames, in ticks, and how many such gaps it is made of.
    private var ticks: Int64 = 0
    private var gaps = 0
    /// The frame that has begun and not ended.
    private var begun: UInt32?
    /// The latest frame that has ended: also packets behind its marker belong to it.
    private var ended: UInt32?
    /// The earliest and the latest frame since the time began to count, relative to its first one; frames need not come in
    /// their order.
    private var (earliest, latest, position) = (Int64(0), Int64(0), Int64(0))
    private let clockRate: Int

    /// A step of more seconds than this is a new beginning of the clock.
    static let maxStep = 60

    /// No frames; the clock has so many ticks a second.
    package init(clockRate: Int) { self.clockRate = max(1, clockRate) }

    /// Frames a second by the clock of the sender; nil while that cannot be known.
    package var rate: Double? {
        let all = ticks + latest - earliest
        return all > 0 ? Double(gaps) * Double(clockRate) / Double(all) : nil
    }

    /// A packet with some payload has come.
    package mutating func receive(timestamp: UInt32, isMarked: Bool) {
        if let begun, begun != timestamp { end(begun) }
        begun = timestamp == ended ? nil : timestamp
        if isMarked, let begun { end(begun) }
    }

    /// What follows comes from another sender, with another clock.
    package mutating func beginAnew() {
        begun = nil
        ended = nil
        closeSegment()
    }

    private mutating func end(_ timestamp: UInt32) {
        count += 1
        begun = nil
        defer { ended = timestamp }
        guard let ended else { return }
        let step = Int64(Int32(bitPattern: timestamp &- ended))
        guard step.magnitude <= UInt64(Self.maxStep * clockRate) else { return closeSegment() }
        position += step
        gaps += 1
        earliest = min(earliest, position)
        latest = max(latest, position)
    }

    private mutating func closeSegment() {
        ticks += latest - earliest
        (earliest, latest, position) = (0, 0, 0)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// Told by its loop how long ticks take: of 1,000 in a second at most, so that a busy loop does not ask the clock more
/// often than that.
package protocol TickMeter: AnyObject {
    /// A tick that is measured has begun: nothing of it has been done.
    func tickBegan()
    /// The same tick has ended, so long after it began.
    func tickEnded(after duration: Duration)
}

/// What a loop knows of its meters, and of the ticks that were measured.
struct TickMeasuring {
    /// Between two ticks that are measured, in the long run and in nanoseconds.
    private static let interval: Int64 = 1_000_000
    /// So much of that may be used at once: a connection and its first request are ticks that follow each other.
    private static let burst = 16 * interval

    var meters: [any TickMeter] = []
    /// Of the ticks that were measured.
    private(set) var times = DurationHistogram()
    private var next = MonotonicTime(nanoseconds: .min)

    /// Whether a tick that begins now is measured.
    @inline(__always)
    func isDue(at now: MonotonicTime) -> Bool { now >= next }

    /// A tick that is measured begins.
    func begin() {
        for meter in meters { meter.tickBegan() }
    }

    /// It ends.
    mutating func end(_ start: MonotonicTime) {
        let duration = MonotonicTime.now() - start
        times.record(duration)
        for meter in meters { meter.tickEnded(after: duration) }
        let earliest = max(next.nanoseconds, start.nanoseconds - Self.burst)
        next = MonotonicTime(nanoseconds: earliest + Self.interval)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO

/// A clock that stands still while the process does: stopped by a signal, suspended with its machine, or starved of CPU.
/// What the process could not see meanwhile is no failure of a target. Pure.
///
/// It sees only what a wake-up is late by: a stop that ends before the next wake-up leaves no trace. While something has a
/// deadline, the process should therefore want to be woken every ``pulse``; then at most a pulse of a stop is counted.
package struct AwakeClock: Sendable {
    /// A wake-up that is later than this is a gap.
    package static let tolerance = Duration.milliseconds(250)
    /// Time that a wake-up is late by is not counted, unless it is as little as this: that is how every loop runs.
    package static let slack = Duration.milliseconds(25)
    /// The longest time between two wake-ups while something has a deadline.
    package static let pulse = Duration.milliseconds(50)

    private var skipped = Duration.zero

    /// A clock that has missed nothing.
    package init() {}

    /// The time of this clock at `now`, when the process wanted to be woken at `expected` of this clock; and whether there
    /// was a gap.
    package mutating func advance(
        to now: MonotonicTime, expected: MonotonicTime
    ) -> (time: MonotonicTime, hadGap: Bool) {
        let time = self.time(at: now)
        guard expected != .distantFuture, time - expected > Self.slack else { return (time, false) }
        let lateness = time - expected
        skipped += lateness
        return (expected, lateness > Self.tolerance)
    }

    /// The time of this clock at `now`.
    package func time(at now: MonotonicTime) -> MonotonicTime { now + (.zero - skipped) }

    /// The moment at which this clock shows `time`.
    package func moment(of time: MonotonicTime) -> MonotonicTime {
        time == .distantFuture ? time : time + skipped
    }
}

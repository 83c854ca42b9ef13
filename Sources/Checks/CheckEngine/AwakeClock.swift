// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO

/// A clock that stands still while the process does: stopped by a signal, suspended with its machine, or starved of CPU.
/// What the process could not see during such a gap is no failure of a target. Pure.
package struct AwakeClock: Sendable {
    /// A wake-up that is later than this is a gap.
    package static let tolerance = Duration.milliseconds(250)

    private var skipped = Duration.zero

    /// A clock that has missed nothing.
    package init() {}

    /// The time of this clock at `now`, when the process wanted to be woken at `expected` of this clock; and whether there
    /// was a gap.
    package mutating func advance(
        to now: MonotonicTime, expected: MonotonicTime
    ) -> (time: MonotonicTime, hadGap: Bool) {
        let time = self.time(at: now)
        guard expected != .distantFuture, time - expected > Self.tolerance else {
            return (time, false)
        }
        skipped += time - expected
        return (expected, true)
    }

    /// The time of this clock at `now`.
    package func time(at now: MonotonicTime) -> MonotonicTime { now + (.zero - skipped) }

    /// The moment at which this clock shows `time`.
    package func moment(of time: MonotonicTime) -> MonotonicTime {
        time == .distantFuture ? time : time + skipped
    }
}

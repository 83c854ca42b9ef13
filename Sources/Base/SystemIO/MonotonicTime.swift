// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// A moment on the clock that never jumps, in nanoseconds since boot (C: `CLOCK_MONOTONIC`).
///
/// State machines take it as an argument; only drivers call ``now()``.
package struct MonotonicTime: Comparable, Hashable, Sendable {
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static func now() -> MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// A moment that never comes.
    package static let distantFuture = MonotonicTime(nanoseconds: .max)

    package static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

    // The library's own would have the runtime make a table of the type's functions.
    package static func >= (left: Self, right: Self) -> Bool { !(left < right) }
    package static func <= (left: Self, right: Self) -> Bool { !(right < left) }

    /// The moment `duration` later, at most ``distantFuture``.
    package static func + (time: Self, duration: Duration) -> MonotonicTime {
        let (sum, overflow) = time.nanoseconds.addingReportingOverflow(duration.wholeNanoseconds)
        return MonotonicTime(nanoseconds: overflow ? (duration < .zero ? .min : .max) : sum)
    }

    package static func - (left: Self, right: Self) -> Duration {
        .nanoseconds(left.nanoseconds - right.nanoseconds)
    }

    /// Blocks the calling thread until this moment.
    package func sleep() {
        while true {
            let now = MonotonicTime.now()
            if now >= self { return }
            poll(nil, 0, pollTimeout(from: now))
        }
    }

    /// Milliseconds from `now` until this moment for `poll` and `epoll_wait`: rounded up, never negative.
    package func pollTimeout(from now: MonotonicTime) -> CInt {
        if self <= now { return 0 }
        let milliseconds = (nanoseconds - now.nanoseconds - 1) / 1_000_000 + 1
        return CInt(clamping: milliseconds)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO

/// Two moments on the wall clock, in nanoseconds since 1970: when counters were zero, and when they were read.
package struct PushTimes: Equatable, Sendable {
    package let start: UInt64
    package private(set) var now: UInt64

    /// Given moments. A clock that was set back does not make the second one earlier.
    package init(start: UInt64, now: UInt64) {
        self.start = start
        self.now = max(start, now)
    }

    /// For a process that began at `start`, by the clocks as they are now.
    package init(processStart start: MonotonicTime) {
        let now = UInt64(clamping: Timestamp.nanosecondsNow)
        let age = UInt64(clamping: (MonotonicTime.now() - start).wholeNanoseconds)
        self.init(start: now - min(now, age), now: now)
    }

    /// The same start, read now.
    func readNow() -> PushTimes {
        PushTimes(start: start, now: UInt64(clamping: Timestamp.nanosecondsNow))
    }
}

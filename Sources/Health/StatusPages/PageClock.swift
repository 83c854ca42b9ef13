// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO

/// One moment on both clocks, so that moments of the past can be told.
package struct PageClock: Sendable {
    /// The moment on the clock that never jumps.
    package let now: MonotonicTime
    /// The same on the wall clock.
    package let wall: Timestamp

    /// A moment on both clocks.
    package init(now: MonotonicTime, wall: Timestamp) {
        self.now = now
        self.wall = wall
    }

    /// This moment.
    package static func read() -> PageClock { PageClock(now: .now(), wall: .now()) }

    /// A moment of the past on the wall clock.
    package func timestamp(of time: MonotonicTime) -> Timestamp {
        Timestamp(milliseconds: wall.milliseconds - milliseconds(since: time))
    }

    /// From a moment to this one; never negative.
    func milliseconds(since time: MonotonicTime) -> Int64 {
        max(0, (now - time).wholeNanoseconds / 1_000_000)
    }

    /// The same in whole seconds.
    package func seconds(since time: MonotonicTime) -> Int64 { milliseconds(since: time) / 1000 }
}

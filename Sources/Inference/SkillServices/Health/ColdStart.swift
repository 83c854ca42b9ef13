// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import StatusBoard
import Synchronization
package import SystemIO

/// The time from the start of the process to the first time that it was ready. From any thread.
package final class ColdStart: Sendable {
    package let startTime: MonotonicTime
    private let nanoseconds = Atomic<Int64>(0)

    package init(startTime: MonotonicTime) { self.startTime = startTime }

    /// Nil until it was ready.
    package var duration: Duration? {
        let nanoseconds = nanoseconds.load(ordering: .relaxed)
        return nanoseconds > 0 ? .nanoseconds(nanoseconds) : nil
    }

    /// Takes a snapshot of the status board.
    package func take(_ snapshot: Board.Snapshot) {
        guard duration == nil, snapshot.verdict(of: HealthName.readiness)?.isServing == true else {
            return
        }
        let elapsed = (MonotonicTime.now() - startTime).wholeNanoseconds
        _ = nanoseconds.compareExchange(
            expected: 0, desired: max(1, elapsed), ordering: .relaxed)
    }
}

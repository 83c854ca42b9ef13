// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckEngine
package import SystemIO

/// Runs one check, again and again. Belongs to the loop of its scheduler; what it does must not block that.
package protocol CheckRunner: AnyObject {
    /// Begins a run. `completion` is called once, on the loop, with what the run found; it may be called before this returns.
    /// The scheduler cancels a run that takes longer than `timeout`.
    func begin(timeout: Duration, _ completion: @escaping (CheckResult) -> Void)

    /// Gives the run up: its completion is not called any more. `released` is called, on the loop, when nothing of the run
    /// is left; the next run begins after that.
    func cancel(_ released: @escaping () -> Void)

    /// Called once, before the first run. Only those care that learn of their target between runs.
    func added(at place: CheckPlace)
}

extension CheckRunner {
    package func added(at place: CheckPlace) {}
}

/// What a runner may ask of its scheduler. Belongs to the loop.
package struct CheckPlace {
    private let readClock: () -> MonotonicTime
    private let request: () -> Void

    /// The place of a check. `readClock` tells the time, and `requestRun` has the check run.
    package init(
        readClock: @escaping () -> MonotonicTime, requestRun: @escaping () -> Void
    ) {
        self.readClock = readClock
        self.request = requestRun
    }

    /// The time on a clock that stands still while the process does.
    package var awakeTime: MonotonicTime { readClock() }

    /// Something new is known of the target: asks for a run that tells it, soon. Never calls the runner before it returns.
    package func requestRun() { request() }
}

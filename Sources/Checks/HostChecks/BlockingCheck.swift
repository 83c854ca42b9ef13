// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckEngine
import CheckScheduling
package import EventLoops
import StatusBoard
import SystemIO

/// Runs a check that may hang in the kernel, such as one of a disk on NFS: each run is a call on a thread of its own. Belongs
/// to the loop.
///
/// A call that hangs cannot be ended. It is given up with its thread, of which a check has one at most: until it returns, no
/// other run begins, and the check counts as failing.
package final class BlockingCheck: CheckRunner {
    private let loop: EventLoop
    private let measure: @Sendable (Duration) -> CheckResult
    private var completion: ((CheckResult) -> Void)?
    private var released: (() -> Void)?
    private var isRunning = false

    /// A check that calls `measure` with the timeout of the run. It may block, and never runs at the same time as itself.
    package init(on loop: EventLoop, _ measure: @escaping @Sendable (Duration) -> CheckResult) {
        self.loop = loop
        self.measure = measure
    }

    package func begin(timeout: Duration, _ completion: @escaping (CheckResult) -> Void) {
        let box = LoopBound(self, on: loop)
        do throws(SystemCallError) {
            try startThread(named: "check") { [measure] in
                let result = measure(timeout)
                box.loop.post { box.value.returned(result) }
            }
        } catch {
            return completion(.unstarted(error))
        }
        isRunning = true
        self.completion = completion
    }

    package func cancel(_ released: @escaping () -> Void) {
        completion = nil
        if isRunning { self.released = released } else { released() }
    }

    private func returned(_ result: CheckResult) {
        isRunning = false
        let (completion, released) = (completion, released)
        self.completion = nil
        self.released = nil
        completion?(result)
        released?()
    }
}

extension CheckResult {
    /// The run could not begin: nothing is known of the target.
    static func unstarted(_ error: SystemCallError) -> CheckResult {
        CheckResult(.unknown, "the check could not be started: \(error.text)")
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckEngine
import CheckScheduling
package import EventLoops
import StatusBoard
import Synchronization
import SystemIO

/// Runs a check that may hang in the kernel, such as one of a disk on NFS: each run is a call on a thread of its own. Belongs
/// to the loop.
///
/// A call that hangs cannot be ended. It is given up with its thread, of which a check has one at most: until it returns, no
/// other run begins, and the check counts as failing. Checks that are made again, as with each start of a wrapped command, may
/// each leave one behind: a process has ``ThreadBudget/limit`` in all.
package final class BlockingCheck: CheckRunner {
    private let loop: EventLoop
    private let threads: ThreadBudget
    private let measure: @Sendable (Duration) -> CheckResult
    private var completion: ((CheckResult) -> Void)?
    private var released: (() -> Void)?
    private var isRunning = false

    /// A check that calls `measure` with the timeout of the run. It may block, and never runs at the same time as itself.
    package convenience init(
        on loop: EventLoop, _ measure: @escaping @Sendable (Duration) -> CheckResult
    ) {
        self.init(on: loop, threads: .ofProcess, measure)
    }

    init(
        on loop: EventLoop, threads: ThreadBudget,
        _ measure: @escaping @Sendable (Duration) -> CheckResult
    ) {
        self.loop = loop
        self.threads = threads
        self.measure = measure
    }

    package func begin(timeout: Duration, _ completion: @escaping (CheckResult) -> Void) {
        let box = LoopBound(self, on: loop)
        guard threads.take() else { return completion(.noThread(of: threads)) }
        do throws(SystemCallError) {
            try startThread(named: "check") { [measure, threads] in
                let result = measure(timeout)
                threads.giveBack()
                box.loop.post { box.value.returned(result) }
            }
        } catch {
            threads.giveBack()
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

    fileprivate static func noThread(of threads: ThreadBudget) -> CheckResult {
        CheckResult(
            .unknown,
            "\(threads.limit) checks of this process are at work or hang in the kernel: see which file system does not answer"
        )
    }
}

/// The threads that blocking checks may have at the same time, those that hang included.
final class ThreadBudget: Sendable {
    /// That of all checks of this process.
    static let ofProcess = ThreadBudget(limit: threadLimit)
    private static let threadLimit = 512

    let limit: Int
    private let count = Atomic(0)

    init(limit: Int) { self.limit = limit }

    /// Takes one thread's place; false when all are taken.
    func take() -> Bool {
        if count.add(1, ordering: .relaxed).newValue <= limit { return true }
        giveBack()
        return false
    }

    func giveBack() { count.subtract(1, ordering: .relaxed) }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import EventLoops
import SystemIO
import TestSupport

/// Runs checks on a loop of its own.
final class CheckRun {
    private let group: EventLoopGroup

    init() throws { group = try EventLoopGroup(count: 1) }

    deinit { group.stop() }

    /// The results of so many runs of one check, one after the other; a run that is not over in time is cancelled.
    func results(of kind: any CheckKind, runs: Int = 1, timeout: Duration = .milliseconds(500))
        -> [CheckResult]
    {
        let loop = group.loops[0]
        let mailbox = Mailbox<[CheckResult]>()
        loop.post {
            let session = Session(kind.makeRunner(CheckContext(on: loop)), loop, runs, timeout) {
                mailbox.put($0)
            }
            session.begin()
        }
        return mailbox.next() ?? []
    }

    /// The result of one run.
    func result(of kind: any CheckKind, timeout: Duration = .milliseconds(500)) -> CheckResult? {
        results(of: kind, timeout: timeout).first
    }

    private final class Session {
        let runner: any CheckRunner
        let loop: EventLoop
        let timeout: Duration
        let completion: ([CheckResult]) -> Void
        var left: Int
        var results: [CheckResult] = []

        init(
            _ runner: any CheckRunner, _ loop: EventLoop, _ runs: Int, _ timeout: Duration,
            _ completion: @escaping ([CheckResult]) -> Void
        ) {
            self.runner = runner
            self.loop = loop
            self.timeout = timeout
            self.completion = completion
            left = runs
        }

        func begin() {
            if left == 0 { return runner.cancel { [self] in completion(results) } }
            left -= 1
            var isOver = false
            let timer = loop.schedule(at: .now() + timeout) { [self] in
                isOver = true
                runner.cancel { [self] in next(.timedOut(after: timeout)) }
            }
            runner.begin(timeout: timeout) { [self] result in
                if isOver { return }
                isOver = true
                loop.cancel(timer)
                next(result)
            }
        }

        private func next(_ result: CheckResult) {
            results.append(result)
            loop.atEndOfTick { [self] in begin() }
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import ChildProcesses
import EventLoops
import StatusBoard
import SystemIO

/// Runs the check of kind `exec`: one program at a time. Belongs to the loop.
final class ExecRunner: CheckRunner {
    private enum Phase {
        case idle
        /// A thread loads the program, from a disk that may hang.
        case starting
        case running(ChildProcess)
    }

    private let command: [String]
    private let judge: (ProcessEnd, ChildOutput) -> CheckResult
    private let loop: EventLoop
    private let usesDescriptor: Bool
    private var phase = Phase.idle
    private var completion: ((CheckResult) -> Void)?
    private var released: (() -> Void)?

    /// Runs a command; `judge` says what its end means.
    init(
        _ command: [String], on loop: EventLoop, usesDescriptor: Bool = true,
        _ judge: @escaping (ProcessEnd, ChildOutput) -> CheckResult
    ) {
        self.command = command
        self.loop = loop
        self.usesDescriptor = usesDescriptor
        self.judge = judge
    }

    deinit {
        if case .running(let child) = phase { child.kill() }
    }

    func begin(timeout: Duration, _ completion: @escaping (CheckResult) -> Void) {
        let box = LoopBound(self, on: loop)
        do throws(SystemCallError) {
            try startThread(named: "check") { [command, usesDescriptor] in
                let result = Result { () throws(SystemCallError) in
                    try ChildProcess.start(command, usesDescriptor: usesDescriptor)
                }
                box.loop.post { box.value.started(result) }
            }
        } catch {
            return completion(.unstarted(error))
        }
        phase = .starting
        self.completion = completion
    }

    func cancel(_ released: @escaping () -> Void) {
        completion = nil
        switch phase {
        case .idle: released()
        case .starting: self.released = released
        case .running(let child):
            self.released = released
            child.kill()
        }
    }

    private func started(_ result: Result<ChildProcess.Started, SystemCallError>) {
        switch result {
        case .failure(let error):
            finish(CheckResult(.unhealthy, "\(command[0]): \(error.errno.text)"))
        case .success(let started):
            let child = ChildProcess(started, on: loop) { [weak self] end, output in
                guard let self else { return }
                self.finish(self.judge(end, output))
            }
            // A child that has ended meanwhile is told of in a later tick.
            phase = .running(child)
            if completion == nil { child.kill() }
        }
    }

    private func finish(_ result: CheckResult) {
        phase = .idle
        let (completion, released) = (completion, released)
        self.completion = nil
        self.released = nil
        completion?(result)
        released?()
    }
}

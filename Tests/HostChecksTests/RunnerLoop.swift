// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import EventLoops
import SystemIO
import TestSupport
import Testing

/// A loop with one runner on it, whose runs a test begins and cancels.
final class RunnerLoop {
    private let group: EventLoopGroup
    private let runner: Mailbox<LoopBound<any CheckRunner>>
    private let box: LoopBound<any CheckRunner>

    /// Makes the runner on a loop of its own.
    init(_ make: @escaping @Sendable (EventLoop) -> any CheckRunner) throws {
        group = try EventLoopGroup(count: 1)
        runner = Mailbox()
        let (loop, mailbox) = (group.loops[0], runner)
        loop.post { mailbox.put(LoopBound(make(loop), on: loop)) }
        box = try #require(runner.next())
    }

    /// A runner of a kind.
    convenience init(of kind: any CheckKind) throws {
        try self.init { kind.makeRunner(CheckContext(on: $0)) }
    }

    deinit { group.stop() }

    /// The result of one run that is not cancelled.
    func result() -> CheckResult? {
        let mailbox = Mailbox<CheckResult>()
        begin { mailbox.put($0) }
        return mailbox.next()
    }

    /// Begins a run.
    func begin(_ completion: @escaping @Sendable (CheckResult) -> Void) {
        box.loop.post { [box] in box.value.begin(timeout: .seconds(5), completion) }
    }

    /// Cancels it; the mailbox has something when nothing of it is left.
    func cancel() -> Mailbox<Bool> {
        let released = Mailbox<Bool>()
        box.loop.post { [box] in box.value.cancel { released.put(true) } }
        return released
    }

    /// The results of many runs, one after the other.
    func results(_ count: Int) -> [CheckResult] { (0..<count).compactMap { _ in result() } }
}

/// What is wrong with the options of a kind; nil when it can be made.
func problem(_ make: () throws(CheckOptionError) -> any CheckKind) -> String? {
    do throws(CheckOptionError) {
        _ = try make()
        return nil
    } catch {
        return error.text
    }
}

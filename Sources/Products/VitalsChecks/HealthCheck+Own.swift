// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import EventLoops
import HostChecks
import StatusBoard
import Synchronization
import Text

/// Checks that a program writes itself.
extension HealthCheck {
    /// What a run has found.
    public enum Finding: Equatable, Sendable {
        /// It works.
        case healthy
        /// It works less well than it should, and still serves; with the cause.
        case degraded(String)
        /// It does not work; with the cause.
        case unhealthy(String)
        /// The run could not find out: it counts for nothing.
        case unknown(String)
    }

    /// A check by an asynchronous function, which runs as a task of its own, on no event loop. An error that it throws is
    /// unhealthy. At the timeout the task is cancelled; the next run begins when it has ended.
    public static func task(
        _ name: String, _ options: Option...,
        run: @escaping @Sendable () async throws -> Finding
    ) throws(CheckError) -> HealthCheck {
        try HealthCheck(name, options, OwnKind { TaskRunner(run, on: $0.loop) })
    }

    /// A check by a function that may block: each run is a call on a thread of its own. An error that it throws is unhealthy.
    /// A call cannot be ended: one that hangs keeps its one thread until it returns, and the check has timed out.
    public static func blocking(
        _ name: String, _ options: Option..., run: @escaping @Sendable () throws -> Finding
    ) throws(CheckError) -> HealthCheck {
        try HealthCheck(
            name, options,
            OwnKind { context in
                BlockingCheck(on: context.loop) { _ in CheckResult { try run() } }
            })
    }

    /// A check that says its finding by calling `completion`, once, from any thread. `run` is called on the loop of all checks:
    /// it must not block or compute for long. A completion that comes after the timeout is ignored.
    public static func callback(
        _ name: String, _ options: Option...,
        run: @escaping @Sendable (_ completion: @escaping @Sendable (Finding) -> Void) -> Void
    ) throws(CheckError) -> HealthCheck {
        try HealthCheck(name, options, OwnKind { CallbackRunner(run, on: $0.loop) })
    }
}

/// The kind of one check of a program.
private struct OwnKind: CheckKind {
    let make: @Sendable (CheckContext) -> any CheckRunner

    var targetText: String { "" }

    func makeRunner(_ context: CheckContext) -> any CheckRunner { make(context) }
}

extension CheckResult {
    /// Bytes of a cause that are kept.
    private static var causeLimit: Int { 512 }

    init(_ finding: HealthCheck.Finding) {
        switch finding {
        case .healthy: self = .healthy
        case .degraded(let cause): self.init(.degraded, Self.printable(cause))
        case .unhealthy(let cause): self.init(.unhealthy, Self.printable(cause))
        case .unknown(let cause): self.init(.unknown, Self.printable(cause))
        }
    }

    /// What a function finds, or throws.
    init(_ run: () throws -> HealthCheck.Finding) {
        do {
            self.init(try run())
        } catch {
            self.init(.unhealthy("\(error)"))
        }
    }

    private static func printable(_ cause: String) -> String {
        PrintableText.escaped(cause, limit: causeLimit)
    }
}

/// Runs an asynchronous function. Belongs to the loop.
private final class TaskRunner: CheckRunner {
    private let loop: EventLoop
    private let run: @Sendable () async throws -> HealthCheck.Finding
    private var task: Task<Void, Never>?
    private var completion: ((CheckResult) -> Void)?
    private var released: (() -> Void)?

    init(_ run: @escaping @Sendable () async throws -> HealthCheck.Finding, on loop: EventLoop) {
        self.run = run
        self.loop = loop
    }

    func begin(timeout: Duration, _ completion: @escaping (CheckResult) -> Void) {
        self.completion = completion
        let box = LoopBound(self, on: loop)
        task = Task { [run] in
            let finding: HealthCheck.Finding
            do {
                finding = try await run()
            } catch {
                finding = .unhealthy("\(error)")
            }
            box.loop.post { box.value.ended(CheckResult(finding)) }
        }
    }

    func cancel(_ released: @escaping () -> Void) {
        completion = nil
        guard let task else { return released() }
        self.released = released
        task.cancel()
    }

    private func ended(_ result: CheckResult) {
        let (completion, released) = (completion, released)
        (task, self.completion, self.released) = (nil, nil, nil)
        completion?(result)
        released?()
    }
}

/// Runs a function that calls back. Belongs to the loop.
private final class CallbackRunner: CheckRunner {
    typealias Run = @Sendable (@escaping @Sendable (HealthCheck.Finding) -> Void) -> Void

    private let loop: EventLoop
    private let run: Run
    private var number: UInt64 = 0
    private var completion: ((CheckResult) -> Void)?

    init(_ run: @escaping Run, on loop: EventLoop) {
        self.run = run
        self.loop = loop
    }

    func begin(timeout: Duration, _ completion: @escaping (CheckResult) -> Void) {
        number += 1
        self.completion = completion
        let (box, number) = (LoopBound(self, on: loop), number)
        let once = OnceFlag()
        run { finding in
            guard once.take() else { return }
            box.loop.post { box.value.called(number, CheckResult(finding)) }
        }
    }

    /// Nothing of ours is left when the completion is ignored.
    func cancel(_ released: @escaping () -> Void) {
        completion = nil
        number += 1
        released()
    }

    private func called(_ number: UInt64, _ result: CheckResult) {
        guard number == self.number, let completion else { return }
        self.completion = nil
        completion(result)
    }
}

/// True once. From any thread.
private final class OnceFlag: Sendable {
    private let isTaken = Atomic(false)

    func take() -> Bool { !isTaken.exchange(true, ordering: .relaxed) }
}

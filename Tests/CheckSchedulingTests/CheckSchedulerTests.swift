// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import EventLoops
import HealthProtocol
import StatusBoard
import Synchronization
import SystemIO
import TestSupport
import Testing

@testable import CheckScheduling

@Suite("The scheduler of checks")
struct CheckSchedulerTests {
    /// Answers each run with what is set, at once.
    private final class Target: Sendable {
        let state = Mutex(Outcome.State.healthy)
        let runs = Atomic<Int>(0)
    }

    private final class Runner: CheckRunner {
        let target: Target
        init(_ target: Target) { self.target = target }

        func begin(timeout: Duration, _ completion: @escaping (CheckResult) -> Void) {
            target.runs.add(1, ordering: .relaxed)
            let state = target.state.withLock { $0 }
            completion(CheckResult(state, state == .healthy ? "" : "refused"))
        }

        func cancel(_ released: @escaping () -> Void) { released() }
    }

    private static let quick = CheckTiming(detectWithin: .milliseconds(200))

    @Test(
        "A critical check that fails makes its group unhealthy on the board, and its recovery makes it healthy"
    )
    func critical() throws {
        let group = try EventLoopGroup(count: 1)
        let loop = group.loops[0]
        let critical = CheckDefinition("db", timing: Self.quick, isCritical: true)
        let other = CheckDefinition("cache", timing: Self.quick)
        let board = Board(
            rules: [("readiness", .composite(Composite(of: "readiness", in: [critical, other])))])
        let (db, cache) = (Target(), Target())
        let holder = Mailbox<LoopBound<CheckScheduler>>()
        loop.post {
            let scheduler = CheckScheduler(on: loop) { CheckReporter(to: board).report($0) }
            holder.put(LoopBound(scheduler, on: loop))
            try? scheduler.add(critical, Runner(db))
            try? scheduler.add(other, Runner(cache))
        }
        let scheduler = try #require(holder.next())
        #expect(eventually { board.snapshot.verdict(of: "readiness")?.isServing == true })
        db.state.withLock { $0 = .unhealthy }
        #expect(eventually { board.snapshot.verdict(of: "readiness")?.isServing == false })
        #expect(
            board.snapshot.verdict(of: "readiness")?.outcome.reason == "Critical checks failed: db")
        #expect(board.snapshot.outcome(of: .check("db"))?.reason == "refused")
        #expect(board.snapshot.outcome(of: .check("cache")) == .healthy)
        db.state.withLock { $0 = .healthy }
        #expect(eventually { board.snapshot.verdict(of: "readiness")?.isServing == true })
        loop.post { scheduler.value.stop() }
        group.stop()
    }

    @Test("A check that was removed runs no more, and the others go on")
    func removal() throws {
        let group = try EventLoopGroup(count: 1)
        let loop = group.loops[0]
        let (one, other) = (Target(), Target())
        let scheduler = Mailbox<LoopBound<CheckScheduler>>()
        loop.post {
            let new = CheckScheduler(on: loop) { _ in }
            try? new.add(CheckDefinition("one", timing: Self.quick), Runner(one))
            try? new.add(CheckDefinition("other", timing: Self.quick), Runner(other))
            scheduler.put(LoopBound(new, on: loop))
        }
        let bound = try #require(scheduler.next())
        #expect(eventually { one.runs.load(ordering: .relaxed) > 3 })
        let removed = Mailbox<Int>()
        loop.post {
            try? bound.value.remove("one")
            removed.put(one.runs.load(ordering: .relaxed))
        }
        let runs = try #require(removed.next())
        let begun = other.runs.load(ordering: .relaxed)
        #expect(eventually { other.runs.load(ordering: .relaxed) > begun + 5 })
        #expect(one.runs.load(ordering: .relaxed) == runs)
        loop.post { bound.value.stop() }
        group.stop()
    }
}

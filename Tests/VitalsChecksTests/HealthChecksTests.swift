// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import SystemIO
import TestSupport
import Testing
import VitalsChecks
import VitalsHealth

@Suite("Checks that a program runs")
struct HealthChecksTests {
    private typealias Finding = HealthCheck.Finding

    /// What a check of the test finds, and how often it was asked.
    private final class Target: Sendable {
        private let state = Mutex((finding: Finding.healthy, runs: 0))

        func set(_ finding: Finding) { state.withLock { $0.finding = finding } }

        var runs: Int { state.withLock { $0.runs } }

        func look() -> Finding {
            state.withLock { state in
                state.runs += 1
                return state.finding
            }
        }
    }

    private struct Refusal: Error, CustomStringConvertible {
        let description = "the target refused"
    }

    /// A check that runs often, and believes each result.
    private static func quick(
        _ name: String, _ target: Target, needs need: String? = nil
    ) throws -> HealthCheck {
        try .callback(
            name, .critical, .interval(.milliseconds(10)), .fall(1), .rise(1),
            need.map { .needs($0) } ?? .weight(1)
        ) { $0(target.look()) }
    }

    @Test("A group serves only after its first results, and reporter's names follow it")
    func reporter() async throws {
        let (checks, target, reporter) = (try HealthChecks(), Target(), HealthReporter())
        target.set(.unknown("not yet"))
        checks.report(to: reporter, as: ["", "demo.Greeter"])
        #expect(reporter.status(of: "") == .serving)
        try checks.add(Self.quick("db", target))
        #expect(reporter.status(of: "") == .notServing)
        #expect(reporter.status(of: "demo.Greeter") == .notServing)
        #expect(checks.status(ofGroup: "readiness")?.isServing == false)
        target.set(.healthy)
        #expect(await becomes { reporter.status(of: "demo.Greeter") == .serving })
        target.set(.unhealthy("it is gone"))
        #expect(await becomes { reporter.status(of: "") == .notServing })
        #expect(checks.status(of: "db")?.state == .unhealthy)
        #expect(checks.status(of: "db")?.cause == "it is gone")
        try checks.remove("db")
        #expect(reporter.status(of: "demo.Greeter") == nil)
        #expect(checks.status(of: "db") == nil && checks.statuses.isEmpty)
        #expect(checks.status(ofGroup: "readiness") == nil)
        checks.stop()
    }

    @Test("Changes come in their order, with what was before and the cause")
    func changes() async throws {
        let (checks, target) = (try HealthChecks(), Target())
        let mailbox = Mailbox<CheckChange>()
        checks.onChange { mailbox.put($0) }
        var stream = checks.changes.makeAsyncIterator()
        try checks.add(Self.quick("db", target))
        let first = try #require(
            await stream.next { $0.subject == .check("db") && $0.to == .healthy })
        #expect(first.from == .unknown && first.cause.isEmpty)
        let group = try #require(await stream.next { $0.subject == .group("readiness") })
        #expect(group.to == .healthy)
        target.set(.degraded("slow\nas ever"))
        let degraded = try #require(await stream.next { $0.to == .degraded })
        #expect(degraded.subject == .check("db") && degraded.from == .healthy)
        #expect(degraded.cause == "slow\\nas ever")
        checks.stop()
        while await stream.next() != nil {}
        #expect(mailbox.count > 2)
        // A stream that begins after the end is over at once.
        for await _ in checks.changes { Issue.record("a change after the end") }
    }

    @Test("What a function throws is unhealthy, in each of the three forms")
    func thrown() async throws {
        let checks = try HealthChecks()
        try checks.add(.task("task", .interval(.milliseconds(10))) { throw Refusal() })
        try checks.add(.blocking("blocking", .interval(.milliseconds(10))) { throw Refusal() })
        try checks.add(
            .callback("callback", .interval(.milliseconds(10))) { completion in
                completion(.unhealthy("the target refused"))
                completion(.healthy)  // the second one is ignored
            })
        #expect(
            await becomes { checks.statuses.allSatisfy { $0.cause == "the target refused" } })
        #expect(checks.statuses.map(\.name) == ["blocking", "callback", "task"])
        checks.stop()
    }

    @Test("A task that takes too long is cancelled and has timed out, and never runs twice at once")
    func timeout() async throws {
        let (checks, running, most) = (try HealthChecks(), Counter(), Counter())
        try checks.add(
            .task("slow", .interval(.milliseconds(20)), .timeout(.milliseconds(20))) {
                most.raise(to: running.add(1))
                defer { _ = running.add(-1) }
                while !Task.isCancelled { await Task.yield() }
                return .healthy
            })
        try checks.add(
            .callback("silent", .interval(.milliseconds(20)), .timeout(.milliseconds(20))) { _ in })
        #expect(
            await becomes {
                checks.statuses.allSatisfy { $0.cause == "timed out after 0.02 s" }
            })
        // It has run at last, also when all threads of the pool were busy with other tests.
        #expect(await becomes { most.value == 1 })
        checks.stop()
        #expect(await becomes { running.value == 0 })
    }

    @Test("What needs a check that is down is unknown, and says so")
    func needs() async throws {
        let (checks, database, page) = (try HealthChecks(), Target(), Target())
        database.set(.unhealthy("it is gone"))
        try checks.add(Self.quick("db", database))
        try checks.add(Self.quick("page", page, needs: "db"))
        #expect(await becomes { checks.status(of: "page")?.cause == "db is down" })
        #expect(throws: CheckError.self) { try checks.remove("db") }
        database.set(.healthy)
        #expect(await becomes { checks.status(of: "page")?.state == .healthy })
        checks.stop()
    }

    @Test("Checks that cannot be added are refused at once, and of several none is added")
    func refused() throws {
        let (checks, target) = (try HealthChecks(), Target())
        let page = try Self.quick("page", target, needs: "db")
        #expect {
            try checks.add(page)
        } throws: { "\($0)".contains("page needs db") }
        try checks.add(Self.quick("db", target))
        #expect {
            try checks.add([page, Self.quick("db", target)])
        } throws: { "\($0)".contains("two checks are named db") }
        #expect(checks.statuses.map(\.name) == ["db"])
        #expect {
            try checks.add([page])
            try checks.remove("db")
        } throws: { "\($0)".contains("the check page needs db: remove it first") }
        try checks.remove("nothing of this name")
        checks.stop()
    }

    @Test("An action may add and remove checks")
    func reentrant() async throws {
        let (checks, target) = (try HealthChecks(), Target())
        let other = try Self.quick("other", target)
        checks.onChange { [weak checks] change in
            if change.subject == .check("db"), change.to == .healthy { try? checks?.add(other) }
        }
        try checks.add(Self.quick("db", target))
        #expect(await becomes { checks.status(of: "other")?.state == .healthy })
        checks.stop()
    }

    @Test("A check of a real listener follows it down and up again")
    func listener() async throws {
        // It accepts: a full backlog would look like a target that is away.
        var server: TestServer? = try TestServer([])
        let address = try #require(server).address
        let checks = try HealthChecks()
        try checks.add(
            .tcp(address.text, .critical, .detectWithin(.milliseconds(100)), .fall(1), .rise(1)))
        #expect(await becomes { checks.status(ofGroup: "readiness")?.isServing == true })
        server = nil
        #expect(await becomes { checks.status(of: "tcp")?.state == .unhealthy })
        server = try TestServer([], at: address)
        #expect(await becomes { checks.status(of: "tcp")?.state == .healthy })
        withExtendedLifetime(server) {}
        checks.stop()
    }

    @Test("Checks that nothing refers to any more run no more")
    func forgotten() async throws {
        weak var forgotten: Target?
        do {
            let (checks, target) = (try HealthChecks(), Target())
            forgotten = target
            try checks.add(Self.quick("db", target))
            #expect(await becomes { target.runs > 2 })
        }
        #expect(await becomes { forgotten == nil })
    }
}

/// A number that several threads change.
private final class Counter: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .relaxed) }

    func add(_ number: Int) -> Int { count.add(number, ordering: .relaxed).newValue }

    func raise(to number: Int) { _ = count.max(number, ordering: .relaxed) }
}

extension AsyncStream<CheckChange>.Iterator {
    /// The next change that is meant; nil when the stream ends before.
    fileprivate mutating func next(where isMeant: (CheckChange) -> Bool) async -> CheckChange? {
        while let change = await next() {
            if isMeant(change) { return change }
        }
        return nil
    }
}

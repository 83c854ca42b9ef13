// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HealthProtocol
import Synchronization
import SystemIO
import Testing

@testable import StatusBoard

@Suite("The status board")
struct BoardTests {
    private static let low = Outcome(.unhealthy, .lowMemory, reason: "12 MiB available")
    private static let rules: [(name: String, rule: VerdictRule)] = [
        ("readiness", .all([.outcome("progress"), .outcome("memory")])),
        ("liveness", .outcome("progress")),
    ]

    private func at(_ seconds: Int64) -> MonotonicTime {
        MonotonicTime(nanoseconds: seconds * 1_000_000_000)
    }

    @Test("A name serves when everything that its rule names does, and not before a first result")
    func verdicts() {
        let board = Board(rules: Self.rules)
        #expect(board.snapshot.verdict(of: "liveness")?.isServing == false)
        board.report(.healthy, for: "progress")
        #expect(board.snapshot.verdict(of: "liveness")?.isServing == true)
        #expect(board.snapshot.verdict(of: "readiness")?.isServing == false)
        board.report(.healthy, for: "memory")
        #expect(board.snapshot.verdict(of: "readiness")?.isServing == true)
        board.report(Self.low, for: "memory")
        #expect(board.snapshot.verdict(of: "readiness")?.outcome == Self.low)
        #expect(board.snapshot.verdict(of: "nope") == nil)
    }

    @Test("A reason in which a peer has said much is cut, so that pages and the log can be read")
    func longReasons() {
        let text = String(repeating: "ä", count: 5000)
        let outcome = Outcome(.unhealthy, .lowMemory, reason: "a" + text, figures: text)
        #expect(outcome.reason == "a" + text.prefix(255) + " [cut]")
        #expect(outcome.figures == text.prefix(256) + " [cut]")
        let whole = String(repeating: "a", count: Outcome.reasonLimit)
        #expect(Outcome(.unhealthy, .lowMemory, reason: whole).reason == whole)
    }

    @Test(
        "A state keeps its beginning while only its reason changes; every report is a sign of life")
    func times() {
        let board = Board(rules: Self.rules)
        board.report(Self.low, for: "memory", at: at(1))
        let worse = Outcome(.unhealthy, .lowMemory, reason: "3 MiB available")
        board.report(worse, for: "memory", at: at(2))
        board.report(worse, for: "memory", at: at(3))
        let entry = board.snapshot.entries["memory"]
        #expect(entry == Board.Entry(outcome: worse, since: at(1), reported: at(3)))
        board.report(.healthy, for: "memory", at: at(4))
        #expect(board.snapshot.entries["memory"]?.since == at(4))
    }

    @Test("The revision grows with each change, and only then")
    func revisions() {
        let board = Board(rules: Self.rules)
        let first = board.snapshot.revision
        board.report(.healthy, for: "memory")
        board.report(.healthy, for: "memory")
        #expect(board.snapshot.revision == first + 1)
        board.report(["memory": nil])
        #expect(board.snapshot.revision == first + 2)
        #expect(board.snapshot.outcome(of: "memory") == nil)
    }

    @Test("Reasons and figures are changes, and not changes of a status")
    func statusRevisions() {
        let board = Board(rules: Self.rules, at: at(1))
        board.report(Self.low, for: "memory", at: at(2))
        let status = board.snapshot.statusRevision
        #expect(status == board.snapshot.revision)
        board.report(
            Outcome(.unhealthy, .lowMemory, reason: "1 MiB available"), for: "memory", at: at(3))
        #expect(board.snapshot.statusRevision == status)
        #expect(board.snapshot.revision == status + 1)
        #expect(board.snapshot.statusChanged == at(2) && board.snapshot.changed == at(3))
        board.report(Outcome(.unhealthy, .dependency), for: "memory", at: at(4))
        #expect(board.snapshot.statusRevision == status + 2)
        board.report(["memory": nil], at: at(5))
        #expect(board.snapshot.statusRevision == status + 3)
        board.define("memory", .outcome("memory"))
        #expect(board.snapshot.statusRevision == status + 4)
    }

    @Test("The newest report tells how fresh the board is, also when nothing has changed")
    func freshness() {
        let board = Board(rules: Self.rules, at: at(1))
        #expect(board.lastReported == at(1))
        board.report(.healthy, for: "memory", at: at(2))
        board.report(.healthy, for: "memory", at: at(9))
        #expect(board.lastReported == at(9) && board.snapshot.changed == at(2))
    }

    @Test("An outcome can be left out of a verdict, which changes no other one")
    func exclusion() {
        let board = Board(rules: Self.rules, outcomes: ["progress": .healthy, "memory": Self.low])
        let snapshot = board.snapshot
        guard let rule = snapshot.rule(of: "readiness") else {
            Issue.record("no rule")
            return
        }
        #expect(snapshot.evaluate(rule, without: ["memory"]).isServing)
        #expect(!snapshot.evaluate(rule, without: ["progress"]).isServing)
        #expect(!snapshot.evaluate(rule).isServing && snapshot.rule(of: "nope") == nil)
    }

    @Test(
        "A check that came later takes part in a verdict when its rule is defined, and leaves it again"
    )
    func rulesChange() {
        let board = Board(rules: Self.rules)
        board.report(["progress": .healthy, "memory": .healthy])
        board.define("readiness", .all([.outcome("memory"), .outcome("db")]))
        board.define("db", .outcome("db"))
        #expect(board.snapshot.verdict(of: "readiness")?.decidedBy == "db")
        board.report(.healthy, for: "db")
        #expect(board.snapshot.verdict(of: "readiness")?.isServing == true)
        board.define("db", nil)
        #expect(board.snapshot.verdict(of: "db") == nil)
    }

    @Test(
        "The publisher is called in the same step as the change, once for outcomes reported together"
    )
    func publishing() {
        let published = Mutex<[[Bool]]>([])
        let board = Board(
            rules: Self.rules,
            publisher: { snapshot in
                published.withLock { $0.append(snapshot.verdicts.map(\.verdict.isServing)) }
            })
        board.report(["progress": .healthy, "memory": .healthy])
        #expect(published.withLock { $0 } == [[false, false], [true, true]])
    }

    @Test("A board can begin with outcomes, which are published once")
    func firstOutcomes() {
        let published = Mutex<[[Bool]]>([])
        let board = Board(
            rules: Self.rules, outcomes: ["progress": .healthy],
            publisher: { snapshot in
                published.withLock { $0.append(snapshot.verdicts.map(\.verdict.isServing)) }
            })
        #expect(published.withLock { $0 } == [[false, true]])
        #expect(board.snapshot.evaluate(.outcome("progress")).isServing)
    }

    @Test("A note is called after the publisher and before the observers, also without a change")
    func notes() {
        let calls = Mutex<[String]>([])
        let call = { @Sendable (name: String) in calls.withLock { $0.append(name) } }
        let board = Board(
            rules: Self.rules, publisher: { _ in call("publisher") },
            observers: [{ _, _ in call("observer") }])
        board.report(Self.low, for: "memory") { call("note") }
        board.report(Self.low, for: "memory") { call("note") }
        #expect(
            calls.withLock { $0 } == ["publisher", "publisher", "note", "observer", "note"])
    }

    @Test("Other figures are a change with the same cause")
    func figures() {
        let board = Board(rules: Self.rules)
        board.report(
            Outcome(.unhealthy, .lowMemory, reason: "low", figures: "1 MiB"), for: "memory")
        let first = board.snapshot
        board.report(
            Outcome(.unhealthy, .lowMemory, reason: "low", figures: "2 MiB"), for: "memory")
        #expect(board.snapshot.revision == first.revision + 1)
        let (old, new) = (first.outcome(of: "memory"), board.snapshot.outcome(of: "memory"))
        #expect(old != new && new?.text == "low: 2 MiB")
        #expect(new?.hasSameCause(as: old ?? .unknown) == true)
    }

    @Test("Observers get every change with the one before it, in order, from whichever thread")
    func observing() async {
        let seen = Mutex<[UInt64]>([])
        let board = Board(
            rules: Self.rules,
            observers: [
                { snapshot, earlier in
                    seen.withLock { $0 += [earlier.revision, snapshot.revision] }
                }
            ])
        let first = board.snapshot.revision
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<50 {
                group.addTask {
                    board.report(Outcome(.degraded, reason: "\(index)"), for: "memory")
                }
            }
        }
        let last = board.snapshot.revision
        #expect(last == first + 50)
        #expect(seen.withLock { $0 } == (first..<last).flatMap { [$0, $0 + 1] })
    }

    @Test(
        "An observer that hangs holds up no producer, costs a bounded amount, and hears of the newest"
    )
    func slowObserver() {
        let gate = Mutex(())
        let entered = Atomic(false)
        let seen = Mutex<[UInt64]>([])
        let board = Board(
            rules: Self.rules,
            observers: [
                { snapshot, _ in
                    entered.store(true, ordering: .releasing)
                    gate.withLock { _ in seen.withLock { $0.append(snapshot.revision) } }
                }
            ])
        gate.withLock { _ in
            Thread.detachNewThread { board.report(Self.low, for: "memory") }
            while !entered.load(ordering: .acquiring) { Thread.sleep(forTimeInterval: 0.001) }
            for index in 0..<1_000 {
                board.report(Outcome(.degraded, reason: "\(index)"), for: "memory")
            }
        }
        let newest = board.snapshot.revision
        while seen.withLock({ $0.last }) != newest { Thread.sleep(forTimeInterval: 0.001) }
        #expect(seen.withLock { $0.count } == Board.undeliveredLimit + 1)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import SystemIO
import Testing

@testable import StatusBoard

@Suite("The history of changes")
struct ChangeHistoryTests {
    private static let low = Outcome(.unhealthy, .lowMemory, reason: "low memory")
    private let board = Board(rules: [("", .all([.outcome("memory"), .outcome("queue")]))])

    private func at(_ seconds: Int64) -> MonotonicTime {
        MonotonicTime(nanoseconds: seconds * 1_000_000_000)
    }

    /// A history of a board on which memory and queue are healthy since second 0.
    private func history() -> ChangeHistory {
        board.report(["memory": .healthy, "queue": .healthy], at: at(0))
        return ChangeHistory(board.snapshot, at: at(0))
    }

    private func report(
        _ outcome: Outcome?, for name: OutcomeName, at second: Int64, _ history: inout ChangeHistory
    ) {
        board.report([name: outcome], at: at(second))
        history.take(board.snapshot, at: at(second))
    }

    @Test(
        "A change has the state before and after, and its cause; the outcome comes before the name")
    func changes() {
        var history = history()
        #expect(history.changes.isEmpty)
        report(Self.low, for: "memory", at: 5, &history)
        #expect(history.changes.map(\.subject) == [.outcome("memory"), .healthName("")])
        for change in history.changes {
            #expect(change.from == .healthy && change.to == .unhealthy)
            #expect(change.code == .lowMemory && change.at == at(5) && change.skipped == 0)
        }
        report(.healthy, for: "memory", at: 7, &history)
        #expect(history.changes.count == 4)
        #expect(history.recent(at: at(8)).first?.to == .healthy)
        #expect(history.standings[.healthName("")]?.since == at(7))
    }

    @Test(
        "A history that has each revision, and looks at its news alone, says what one says that misses some"
    )
    func revisions() {
        var each = history()
        var few = each
        let names: [OutcomeName] = ["memory", "queue", "other"]
        let outcomes: [Outcome?] = [Self.low, .healthy, nil, Outcome(.degraded, .stalled), nil]
        for second in 1...40 {
            let now = at(Int64(second))
            if second % 8 == 0 { board.define("n\(second % 16)", .outcome("queue")) }
            if second % 16 == 15 { board.define("n8", nil) }
            each.take(board.snapshot, at: now)
            report(outcomes[second % 5], for: names[second % 3], at: Int64(second), &each)
            let states = ChangeHistory(board.snapshot, at: now).standings.mapValues(\.state)
            #expect(each.standings.mapValues(\.state) == states)
            guard second % 4 == 0 else { continue }
            few.take(board.snapshot, at: now)
            #expect(few.standings.mapValues(\.state) == states)
        }
    }

    @Test(
        "Another kind of cause is a change that leaves the state's beginning; other figures are none"
    )
    func causes() {
        var history = history()
        report(Self.low, for: "memory", at: 5, &history)
        var other = Self.low
        other.figures = "3 MiB"
        report(other, for: "memory", at: 6, &history)
        #expect(history.changes.count == 2)
        report(Outcome(.unhealthy, .stalled), for: "memory", at: 7, &history)
        #expect(history.changes.count == 4)
        #expect(history.changes.last?.from == .unhealthy && history.changes.last?.code == .stalled)
        #expect(history.standings[.healthName("")]?.since == at(5))
    }

    @Test("What appears and what is withdrawn is a change")
    func comesAndGoes() {
        var history = history()
        report(.healthy, for: "files", at: 1, &history)
        #expect(history.changes.last?.from == nil && history.changes.last?.to == .healthy)
        report(nil, for: "files", at: 2, &history)
        #expect(history.changes.last?.from == .healthy && history.changes.last?.to == nil)
        #expect(history.standings[.outcome("files")] == nil)
    }

    @Test("Changes are forgotten after an hour")
    func hour() {
        var history = history()
        report(Self.low, for: "memory", at: 10, &history)
        #expect(history.recent(at: at(3610)).count == 2)
        #expect(history.recent(at: at(3611)).isEmpty)
        report(.healthy, for: "memory", at: 3700, &history)
        #expect(history.changes.map(\.at) == [at(3700), at(3700)])
    }

    @Test("A name that changes often loses its own changes, and says how many")
    func flapping() {
        var history = history()
        report(Outcome(.degraded), for: "queue", at: 1, &history)
        let kept = history.changes
        for second in 2..<500 {
            let outcome = second % 2 == 0 ? Self.low : .healthy
            board.report([("x"): outcome], at: at(Int64(second)))
            history.take(board.snapshot, at: at(Int64(second)))
        }
        #expect(history.changes.count == ChangeHistory.capacity)
        #expect(Array(history.changes.prefix(2)) == kept)
        let own = history.changes.filter { $0.subject == .outcome("x") }
        #expect(own.first?.skipped == 498 - own.count)
        #expect(own.dropFirst().allSatisfy { $0.skipped == 0 })
    }

    @Test("With more names than places the lost past is unknown")
    func manyNames() {
        var history = history()
        for index in 0..<200 {
            report(.healthy, for: OutcomeName(rawValue: "n\(index)"), at: 10, &history)
        }
        #expect(history.changes.count == ChangeHistory.capacity)
        #expect(history.start == at(10))
        let states = history.worstStates(of: .outcome("memory"), in: 60, at: at(70))
        #expect(states[58] == nil && states[59] == .healthy)
    }

    @Test("Each part of the hour has its worst state, and none before the start")
    func timeline() {
        var history = history()
        report(Self.low, for: "memory", at: 65, &history)
        report(.healthy, for: "memory", at: 70, &history)
        report(Outcome(.degraded), for: "memory", at: 130, &history)
        let states = history.worstStates(of: .healthName(""), in: 60, at: at(180))
        #expect(states.count == 60)
        #expect(states.prefix(57).allSatisfy { $0 == nil })
        #expect(Array(states.suffix(3)) == [.healthy, .unhealthy, .degraded])
    }

    @Test("Before a gap only the state right before the next change is known")
    func gap() {
        var history = history()
        for second in 0..<300 {
            let outcome = second % 2 == 0 ? Self.low : .healthy
            report(outcome, for: "memory", at: 60 + Int64(second), &history)
        }
        let states = history.worstStates(of: .outcome("memory"), in: 60, at: at(360))
        #expect(states[59] == .unhealthy && states[58] == .unhealthy)
        #expect(states[54] == nil && states[53] == nil)
    }

    @Test("A subject that is not there has no states")
    func absent() {
        let history = history()
        let states = history.worstStates(of: .outcome("nope"), in: 4, at: at(3600))
        #expect(states == [nil, nil, nil, nil])
    }
}

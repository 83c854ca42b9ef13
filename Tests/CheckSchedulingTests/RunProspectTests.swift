// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import StatusBoard
import SystemIO
import TestSupport
import Testing

@Suite("What further runs would change")
struct RunProspectTests {
    private func at(_ milliseconds: Int64) -> MonotonicTime {
        MonotonicTime(nanoseconds: 1_000_000_000_000 + milliseconds * 1_000_000)
    }

    /// Lets the next run of a check end with a result.
    private func run(
        _ table: CheckTable, _ name: String, _ result: CheckResult
    ) throws -> MonotonicTime {
        while true {
            let now = table.nextWake
            for case .begin(let run, name, _) in table.advance(to: now) {
                _ = table.finished(run, result, at: now)
                return now
            }
        }
    }

    private func prospect(_ table: CheckTable, _ name: String) throws -> RunProspect {
        let definition = try #require(table.definition(of: name))
        return RunProspect(definition, try #require(table.state(of: name)))
    }

    @Test("Before the first result it is when that comes, and afterwards when the next run begins")
    func nextRun() throws {
        let table = CheckTable(seed: 1)
        let timing = CheckTiming(interval: .seconds(2))
        try table.add(CheckDefinition("db", timing: timing), at: at(0))
        let first = try #require(try prospect(table, "db").nextRun)
        #expect(first == table.nextWake)
        #expect(try prospect(table, "db").latest == nil)
        let end = try run(table, "db", .healthy)
        let next = try #require(try prospect(table, "db").nextRun)
        #expect(next > end + .milliseconds(1_700) && next <= end + .seconds(2))
        #expect(try prospect(table, "db").latest == .healthy)
    }

    @Test(
        "Results against the verdict are counted until they have changed it, and so is what thresholds spare"
    )
    func contradictions() throws {
        let table = CheckTable(seed: 1)
        try table.add(CheckDefinition("db"), at: at(0))
        let bad = CheckResult(.unhealthy, "refused")
        var found: [Int] = []
        for result in [.healthy, bad, bad, .healthy, bad, bad, bad, .healthy, .healthy] {
            _ = try run(table, "db", result)
            found.append(try prospect(table, "db").contradictions)
        }
        #expect(found == [0, 1, 2, 0, 1, 2, 0, 1, 0])
        let prospect = try prospect(table, "db")
        #expect((prospect.changes, prospect.resultChanges, prospect.runs) == (2, 4, 9))
    }

    @Test("A check whose need is down names it, and has no next run")
    func blocked() throws {
        let table = CheckTable(seed: 1)
        try table.add(CheckDefinition("db"), at: at(0))
        try table.add(CheckDefinition("web", needs: ["db"]), at: at(0))
        _ = try run(table, "db", CheckResult(.unhealthy, "refused"))
        let prospect = try prospect(table, "web")
        #expect(prospect.blockedBy == "db")
        #expect(prospect.needs == ["db"])
        #expect(prospect.nextRun == nil)
    }

    @Test("Reports carry it to the board, where it alone is no news")
    func reported() throws {
        let table = CheckTable(seed: 1)
        try table.add(CheckDefinition("db"), at: at(0))
        let changes = Mailbox<UInt64>()
        let board = Board(
            rules: [("", .outcome("db"))], publisher: { changes.put($0.revision) })
        let reporter = CheckReporter(to: board)
        for _ in 0..<3 {
            _ = try run(table, "db", .healthy)
            reporter.report(table.checks)
        }
        guard case .runs(let runs) = board.snapshot.entries["db"]?.prospect else {
            Issue.record("there is no prospect")
            return
        }
        #expect(runs.runs == 3)
        // The first snapshot, and the first result.
        #expect(changes.count == 2)
    }
}

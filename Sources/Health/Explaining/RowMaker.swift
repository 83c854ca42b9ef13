// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import StatusBoard
import StatusPages
import SystemIO

/// Makes the rows of an explanation from the outcomes of a snapshot. Pure.
struct RowMaker {
    private let snapshot: Board.Snapshot
    private let clock: PageClock
    private let remedy: Explanation.Remedy
    /// The checks that each check needs, by its name.
    let needs: [String: [String]]

    /// Rows that are made for one name at most.
    static let limit = 200

    init(_ snapshot: Board.Snapshot, _ clock: PageClock, _ remedy: @escaping Explanation.Remedy) {
        self.snapshot = snapshot
        self.clock = clock
        self.remedy = remedy
        var needs: [String: [String]] = [:]
        for (name, entry) in snapshot.entries {
            if case .runs(let runs) = entry.prospect, !runs.needs.isEmpty {
                needs[name.rawValue] = runs.needs
            }
        }
        self.needs = needs
    }

    /// The rows of those outcomes that there is something to say of, and the names of the others. What is blocked is below
    /// what blocks it.
    func rows(
        of names: [OutcomeName], blockers: [OutcomeName]
    ) -> (rows: [Explanation.Row], healthy: [String]) {
        var (rows, healthy): ([Explanation.Row], [String]) = ([], [])
        for name in names {
            let row = row(of: name, isBlocker: blockers.contains(name))
            if row.outcome.state == .healthy, row.notes.isEmpty {
                healthy.append(row.name)
            } else if rows.count < Self.limit {
                rows.append(row)
            }
        }
        return (nested(rows), healthy)
    }

    private func nested(_ rows: [Explanation.Row]) -> [Explanation.Row] {
        let names = Set(rows.map(\.name))
        let isRoot = { (row: Explanation.Row) in
            row.runs?.blockedBy.map { !names.contains($0) } ?? true
        }
        return rows.filter(isRoot).map { root in
            var root = root
            root.children = rows.filter { $0.runs?.blockedBy == root.name }
            return root
        }
    }

    private func row(of name: OutcomeName, isBlocker: Bool) -> Explanation.Row {
        let entry = snapshot.entries[name]
        let outcome = entry?.outcome ?? .unknown
        var runs: RunProspect?
        if case .runs(let found) = entry?.prospect { runs = found }
        return Explanation.Row(
            name: name.rawValue, outcome: outcome, since: entry?.since ?? clock.now,
            isBlocker: isBlocker, change: change(of: name, outcome, entry?.prospect),
            notes: runs.map { notes(on: $0, outcome) } ?? [], runs: runs)
    }

    // MARK: What would change it

    private func change(
        of name: OutcomeName, _ outcome: Outcome, _ prospect: Prospect?
    ) -> String? {
        if outcome.state == .healthy { return nil }
        switch prospect {
        case .runs(let runs): return change(by: runs, outcome)
        case .final: return "nothing: this does not change any more"
        case .ends(let end):
            let own = "ends by itself in \((end - clock.now).words)"
            return remedy(name, outcome).map { "\(own), or \($0)" } ?? own
        case nil: return remedy(name, outcome)
        }
    }

    private func change(by runs: RunProspect, _ outcome: Outcome) -> String {
        if let root = runs.blockedBy { return "\(root) has to recover; then the next run decides" }
        let next = next(runs)
        if runs.latest == nil { return "a first result: \(next)" }
        if outcome.state == .unknown { return "a new result: \(next)" }
        let isRising = runs.contradictions > 0 && runs.latest ?? .unhealthy < outcome.state
        let seen = isRising ? runs.contradictions : 0
        let needed = max(1, runs.rise - seen)
        let rule = seen == 0 ? "rise \(runs.rise)" : "rise \(runs.rise), \(seen) seen"
        let better = outcome.state == .degraded ? "healthy" : "good"
        return needed == 1
            ? "1 \(better) run (\(rule)): \(next)"
            : "\(needed) \(better) runs in a row (\(rule)): \(next)"
    }

    private func next(_ runs: RunProspect) -> String {
        guard let time = runs.nextRun else { return "no run is planned" }
        return time > clock.now
            ? "the next in \((time - clock.now).words)" : "one is under way, or about to begin"
    }

    private func notes(on runs: RunProspect, _ outcome: Outcome) -> [String] {
        var notes: [String] = []
        if runs.contradictions > 0, let latest = runs.latest, latest > outcome.state {
            let cause = runs.latestCause.isEmpty ? "" : ": \(runs.latestCause)"
            notes.append(
                "\(runs.contradictions) of \(runs.fall) results in a row that make it worse (fall \(runs.fall))\(cause)"
            )
        }
        if runs.resultChanges > runs.changes {
            notes.append(
                "would have flapped \(runs.resultChanges) times without fall \(runs.fall) and rise \(runs.rise): has changed "
                    + "\(runs.changes) times")
        }
        if runs.isDry { notes.append("dry: decides nothing") }
        return notes
    }
}

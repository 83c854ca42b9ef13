// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import StatusBoard
package import StatusPages
import SystemIO

/// Why each health name is what it is, and what would have to change for it to be SERVING. Pure: all of it is from a
/// snapshot of the board; nothing is measured, and no check runs.
package struct Explanation: Sendable {
    /// What would change an outcome whose producer has given no ``StatusBoard/Prospect``; nil when there is nothing to say.
    package typealias Remedy = @Sendable (OutcomeName, Outcome) -> String?

    /// A health name, or several that follow from the same outcomes.
    struct Name: Sendable {
        let names: [String]
        let verdict: Verdict
        let since: MonotonicTime
        /// What would have to change for it to be SERVING; empty when it is.
        let blockers: [String]
        /// Outcomes with something to say, each below those that it needs.
        let rows: [Row]
        /// The healthy ones without.
        let healthy: [String]
    }

    /// An outcome.
    struct Row: Sendable {
        let name: String
        let outcome: Outcome
        let since: MonotonicTime
        /// It is one of those that would have to change.
        let isBlocker: Bool
        /// What would change it; nil when it serves, or that is not known.
        let change: String?
        /// Remarks, such as on thresholds.
        let notes: [String]
        /// How its runs go; nil for an outcome that has none.
        let runs: RunProspect?
        /// Outcomes that need it.
        var children: [Row] = []
    }

    /// What the program itself adds: a heading, and what stands below it.
    package struct Section: Sendable {
        let title: String
        let lines: [String]

        /// A section.
        package init(title: String, lines: [String]) {
            self.title = title
            self.lines = lines
        }
    }

    /// What the program itself adds, behind the names.
    package var sections: [Section] = []
    let clock: PageClock
    /// The verdict on the whole server.
    let verdict: Verdict
    let since: MonotonicTime
    let names: [Name]
    /// Outcomes that decide nothing.
    let others: [Row]
    /// What has changed; nil unless it was asked for.
    let replay: Replay?

    /// Explains a snapshot. `last` asks for the changes of that time.
    package init(
        _ snapshot: Board.Snapshot, _ history: ChangeHistory, last: Duration? = nil,
        at clock: PageClock, remedy: @escaping Remedy = { _, _ in nil }
    ) {
        self.clock = clock
        let rows = RowMaker(snapshot, clock, remedy)
        let overall = Self.overallName(in: snapshot)
        verdict = snapshot.verdict(of: overall) ?? snapshot.evaluate(.any([]))
        since = history.standings[.healthName(overall)]?.since ?? history.start
        names = Self.names(snapshot, history, rows)
        let deciding = Set(snapshot.rules.flatMap(\.rule.outcomes))
        others =
            rows.rows(
                of: snapshot.entries.keys.filter { !deciding.contains($0) }
                    .sorted { $0.rawValue < $1.rawValue }, blockers: []
            ).rows
        replay = last.map { Replay(history, of: $0, needs: rows.needs, at: clock) }
    }

    /// Whether the whole server is SERVING.
    package var isServing: Bool { verdict.isServing }

    /// The whole server's name, or that of readiness where it has none.
    private static func overallName(in snapshot: Board.Snapshot) -> String {
        ["", "readiness"].first { snapshot.rule(of: $0) != nil } ?? snapshot.rules.first?.name ?? ""
    }

    private static func names(
        _ snapshot: Board.Snapshot, _ history: ChangeHistory, _ rows: RowMaker
    ) -> [Name] {
        var groups: [(outcomes: [OutcomeName], name: Name)] = []
        for (name, rule) in snapshot.rules {
            guard let verdict = snapshot.verdict(of: name) else { continue }
            let since = history.standings[.healthName(name)]?.since ?? history.start
            let blockers = snapshot.blockers(of: name)
            let outcomes = rule.outcomes
            let like = groups.firstIndex { group in
                group.outcomes == outcomes && group.name.verdict == verdict
                    && group.name.since == since
                    && group.name.blockers == blockers.map(\.rawValue)
            }
            if let like {
                groups[like].name = groups[like].name.joined(by: name)
                continue
            }
            let (listed, healthy) = rows.rows(of: outcomes, blockers: blockers)
            let group = Name(
                names: [name], verdict: verdict, since: since,
                blockers: blockers.map(\.rawValue), rows: listed, healthy: healthy)
            groups.append((outcomes, group))
        }
        return groups.map(\.name)
    }
}

extension Explanation.Name {
    fileprivate func joined(by name: String) -> Self {
        Self(
            names: names + [name], verdict: verdict, since: since, blockers: blockers, rows: rows,
            healthy: healthy)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import StatusBoard

/// What `/health` says of a snapshot, whatever the format. Pure.
struct HealthReport {
    /// A check, which is an outcome on the board.
    struct Check {
        let name: String
        let entry: Board.Entry

        var state: Outcome.State { entry.outcome.state }
    }

    /// How the service is.
    let state: Outcome.State
    /// What has decided that, if it is not healthy.
    let cause: Outcome?
    /// The service is about to stop.
    let isShuttingDown: Bool
    /// One sentence without a full stop, for everybody.
    let message: String
    /// Those that readiness depends on in the order of their importance, then the others by name.
    let checks: [Check]
    /// What was to be left out, and is not there.
    let unmatched: [String]

    /// The report on a snapshot without the checks that are excluded.
    init(_ snapshot: Board.Snapshot, excluding names: [String] = []) {
        let rule =
            snapshot.rule(of: HealthGroup.readiness.healthName) ?? snapshot.rule(of: "")
            ?? .all(snapshot.entries.keys.map { .outcome($0) })
        let important = rule.outcomes
        let others = snapshot.entries.keys.filter { !important.contains($0) }
        let ordered = important + others.sorted { $0.rawValue < $1.rawValue }
        let exclusion = Exclusion(of: names, from: ordered)
        unmatched = exclusion.unmatched
        checks = ordered.compactMap { name in
            guard !exclusion.names.contains(name) else { return nil }
            return snapshot.entries[name].map { Check(name: name.rawValue, entry: $0) }
        }
        let verdict =
            names.isEmpty
            ? snapshot.evaluate(rule) : snapshot.evaluate(rule, without: exclusion.names)
        let worstState = checks.map(\.state).max() ?? .healthy
        let worst = worstState == .healthy ? nil : checks.first { $0.state == worstState }
        isShuttingDown = !verdict.isServing && verdict.outcome.code == .draining
        if checks.isEmpty, names.isEmpty {
            (state, cause) = (.unknown, nil)
        } else if verdict.outcome.state == .healthy, let worst {
            // Something that readiness does not need is not as it should be.
            (state, cause) = (.degraded, worst.entry.outcome)
        } else {
            state = verdict.outcome.state
            cause = state == .healthy ? nil : verdict.outcome
        }
        let failed = checks.filter { check in
            !check.state.canServe && important.contains { $0.rawValue == check.name }
        }
        message = Self.message(state, checks, failed: failed.map(\.name))
    }

    private static func message(
        _ state: Outcome.State, _ checks: [Check], failed: [String]
    ) -> String {
        if checks.isEmpty { return "No health checks configured" }
        switch state {
        case .healthy: return "All systems operational"
        case .degraded:
            let degraded = checks.count { $0.state == .degraded }
            let unhealthy = checks.count { !$0.state.canServe }
            return "Some systems degraded (\(degraded) degraded, \(unhealthy) unhealthy)"
        case .unknown: return "Unable to determine health status"
        case .unhealthy: return "Critical checks failed: \(failed.joined(separator: ", "))"
        }
    }

    /// Whether the response is a success.
    var canServe: Bool { state.canServe }

    /// How many checks are in a state.
    func count(_ state: Outcome.State) -> Int { checks.count { $0.state == state } }
}

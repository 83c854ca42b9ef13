// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import StatusBoard

/// What `/livez`, `/readyz` or `/startupz` says of a snapshot. Pure.
struct GroupReport {
    /// How a check of the group is.
    enum Row: Equatable {
        case ok
        case excluded
        case failed(Outcome)
    }

    let group: HealthGroup
    /// What the page comes to.
    let passes: Bool
    /// The checks that the group's rule depends on, in the order of their importance.
    let rows: [(name: String, row: Row)]
    /// What was to be left out, and is not there.
    let unmatched: [String]

    /// The report of a group; nil when the board has no such group.
    init?(_ group: HealthGroup, _ snapshot: Board.Snapshot, excluding names: [String] = []) {
        guard let rule = snapshot.rule(of: group.healthName) else { return nil }
        let checks = rule.outcomes
        let exclusion = Exclusion(of: names, from: checks)
        self.group = group
        unmatched = exclusion.unmatched
        rows = checks.map { name in
            let row =
                exclusion.names.contains(name) ? .excluded : Self.row(snapshot.outcome(of: name))
            return (name.rawValue, row)
        }
        passes =
            exclusion.names.isEmpty
            ? snapshot.evaluate(rule).isServing
            : snapshot.evaluate(rule, without: exclusion.names).isServing
    }

    /// The report of one check of a group; nil when the group does not depend on it.
    init?(
        _ group: HealthGroup, check: String, _ snapshot: Board.Snapshot,
        excluding names: [String] = []
    ) {
        let name = OutcomeName(rawValue: check)
        guard snapshot.rule(of: group.healthName)?.outcomes.contains(name) == true else {
            return nil
        }
        let exclusion = Exclusion(of: names, from: [name])
        let row = exclusion.names.isEmpty ? Self.row(snapshot.outcome(of: name)) : .excluded
        self.group = group
        unmatched = exclusion.unmatched
        rows = [(check, row)]
        passes = row == .ok || row == .excluded
    }

    private static func row(_ outcome: Outcome?) -> Row {
        let outcome = outcome ?? .unknown
        return outcome.state.canServe ? .ok : .failed(outcome)
    }

    /// As the API server of Kubernetes writes it. Verbose when it fails, whatever was asked.
    func text(for audience: PageAudience, isVerbose: Bool) -> [UInt8] {
        if passes, !isVerbose { return Array("ok".utf8) }
        var text = ""
        for (name, row) in rows {
            switch row {
            case .ok: text += LineText.line("[+]\(name) ok")
            case .excluded: text += LineText.line("[+]\(name) excluded: ok")
            case .failed(let outcome):
                let isTold = audience == .operators && !outcome.text.isEmpty
                text += LineText.line(
                    "[-]\(name) failed: \(isTold ? outcome.text : "reason withheld")")
            }
        }
        if let warning = Exclusion.warning(of: unmatched) { text += "warn: \(warning)\n" }
        text += "\(group.pageName) check \(passes ? "passed" : "failed")\n"
        return Array(text.utf8)
    }
}

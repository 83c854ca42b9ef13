// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckEngine
import HealthProtocol
package import StatusBoard

/// Puts checks on the status board: an outcome for each.
package struct CheckReporter: Sendable {
    private let board: Board

    /// A reporter to a board.
    package init(to board: Board) { self.board = board }

    /// Reports what is new.
    package func report(_ checks: [CheckScheduler.Check]) {
        for (definition, state) in checks {
            board.report(
                Outcome(state), for: .check(definition.name),
                duration: state.latest?.duration ?? .zero, number: state.runs,
                prospect: .runs(RunProspect(definition, state)))
        }
    }
}

extension OutcomeName {
    /// The outcome of a check.
    package static func check(_ name: String) -> OutcomeName { OutcomeName(rawValue: name) }
}

extension Composite {
    /// What the checks of a group come to; those that decide nothing are left out.
    package init(of group: String, in checks: [CheckDefinition]) {
        let members = checks.filter { !$0.isDry && $0.groups.contains(group) }
        self.init(
            members.map { .init(.check($0.name), isCritical: $0.isCritical, weight: $0.weight) })
    }
}

extension Outcome {
    /// What is known of a check.
    package init(_ state: CheckState) {
        switch state.verdict {
        case .starting: self = .unknown
        case .known(.healthy): self = .healthy
        case .known(let known): self.init(known, .dependency, reason: state.cause)
        case .stale: self.init(.unknown, .stalled, reason: state.cause)
        case .blocked: self.init(.unknown, .dependency, reason: state.cause)
        }
    }
}

extension RunProspect {
    /// What further runs of a check would change.
    package init(_ definition: CheckDefinition, _ state: CheckState) {
        self.init(fall: definition.timing.fall, rise: definition.timing.rise)
        needs = definition.needs
        isDry = definition.isDry
        (runs, resultChanges) = (state.runs, state.resultChanges)
        // The first verdict is no change.
        changes = max(0, state.changes - 1)
        if case .blocked(let root) = state.verdict {
            blockedBy = root
            return
        }
        (latest, latestCause) = (state.latest?.state, state.latest?.cause ?? "")
        (contradictions, nextRun) = (state.contradictions, state.nextRun)
    }
}

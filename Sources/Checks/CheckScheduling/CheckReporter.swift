// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckEngine
import HealthProtocol
package import StatusBoard

/// Puts checks on the status board: an outcome for each, and one for each group, which is their composite.
package struct CheckReporter: Sendable {
    private let board: Board
    private let groups: [String]

    /// A reporter of checks that are parts of these groups.
    package init(board: Board, groups: [String]) {
        self.board = board
        self.groups = groups
    }

    /// Reports `updated`, and what the groups of `all` come to.
    package func report(_ updated: [CheckScheduler.Check], of all: [CheckScheduler.Check]) {
        var outcomes: [OutcomeName: Outcome?] = [:]
        for (definition, state) in updated { outcomes[.check(definition.name)] = Outcome(state) }
        for group in groups {
            let members = all.filter { $0.definition.groups.contains(group) }
            outcomes[.checks(of: group)] = Outcome(CompositeVerdict(of: members))
        }
        board.report(outcomes)
    }
}

extension OutcomeName {
    /// The outcome of one check.
    package static func check(_ name: String) -> OutcomeName {
        OutcomeName(rawValue: "check/" + name)
    }

    /// The composite of the checks of a group.
    package static func checks(of group: String) -> OutcomeName {
        OutcomeName(rawValue: "checks/" + group)
    }
}

extension Outcome {
    /// A group of checks before the first report.
    package static let checksStarting = Outcome(.unknown, .loading, reason: "starting")

    /// What is known of a check.
    package init(_ state: CheckState) {
        switch state.verdict {
        case .starting: self.init(.unknown, .loading, reason: state.cause)
        case .known(.healthy): self = .healthy
        case .known(let known): self.init(known, .dependency, reason: state.cause)
        case .stale: self.init(.unknown, .stalled, reason: state.cause)
        case .blocked: self.init(.unknown, .dependency, reason: state.cause)
        }
    }

    /// What several checks come to.
    package init(_ composite: CompositeVerdict) {
        switch composite.state {
        case .healthy: self = .healthy
        case .unknown: self.init(.unknown, .loading, reason: composite.message)
        case .degraded, .unhealthy:
            self.init(composite.state, .dependency, reason: composite.message)
        }
    }
}

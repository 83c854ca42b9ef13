// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import StatusBoard

/// What several checks come to together. Pure.
///
/// 1. A critical check that is down decides: unhealthy.
/// 2. Until each critical check has a result: unknown.
/// 3. Otherwise the score does: the weights of the checks, a degraded one counting half, as a part of the weights of those
///    that are known.
package struct CompositeVerdict: Equatable, Sendable {
    /// The state.
    package let state: Outcome.State
    /// One sentence for an operator. It may name checks, and nothing else.
    package let message: String
    /// From 0 to 1; nil when nothing is known.
    package let score: Double?

    /// A score that is healthy.
    package static let healthyScore = 0.8
    /// A score that is degraded.
    package static let degradedScore = 0.5

    /// The verdict over these checks; dry ones are left out.
    package init(of all: [(definition: CheckDefinition, state: CheckState)]) {
        let checks = all.filter { !$0.definition.isDry }
        let score = Self.score(checks)
        self.score = score
        (state, message) = Self.judge(checks, score)
    }

    private static func judge(
        _ checks: [(definition: CheckDefinition, state: CheckState)], _ score: Double?
    ) -> (Outcome.State, String) {
        if checks.isEmpty { return (.unknown, "No health checks configured") }
        let critical = checks.filter(\.definition.isCritical)
        let causes = causes(of: critical)
        if !causes.isEmpty {
            return (.unhealthy, "Critical checks failed: \(causes.joined(separator: ", "))")
        }
        if critical.contains(where: { $0.state.verdict == .starting }) {
            return (.unknown, "starting")
        }
        guard let score else { return (.unknown, "Unable to determine health status") }
        let degraded = checks.count { $0.state.verdict == .known(.degraded) }
        let unhealthy = checks.count { $0.state.verdict == .known(.unhealthy) }
        if score >= healthyScore { return (.healthy, "All systems operational") }
        if score >= degradedScore {
            return (
                .degraded, "Some systems degraded (\(degraded) degraded, \(unhealthy) unhealthy)"
            )
        }
        return (
            .unhealthy, "Multiple systems failing (\(unhealthy) unhealthy, \(degraded) degraded)"
        )
    }

    /// The critical checks that are down. One that is down only because another one is, is named by that, once.
    private static func causes(
        of critical: [(definition: CheckDefinition, state: CheckState)]
    ) -> [String] {
        var causes: [String] = []
        for (definition, state) in critical where state.verdict.isDown {
            var cause = definition.name
            if case .blocked(let root) = state.verdict { cause = root }
            if !causes.contains(cause) { causes.append(cause) }
        }
        return causes
    }

    private static func score(
        _ checks: [(definition: CheckDefinition, state: CheckState)]
    ) -> Double? {
        var (sum, total) = (0.0, 0.0)
        for (definition, state) in checks {
            guard case .known(let known) = state.verdict else { continue }
            total += definition.weight
            switch known {
            case .healthy: sum += definition.weight
            case .degraded: sum += definition.weight / 2
            case .unknown, .unhealthy: break
            }
        }
        return total > 0 ? sum / total : nil
    }
}

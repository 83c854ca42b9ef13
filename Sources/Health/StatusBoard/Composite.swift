// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol

/// What several outcomes of different weight come to together. Pure.
///
/// 1. A critical one that is down decides: unhealthy.
/// 2. Until each critical one has a result: unknown.
/// 3. Otherwise the score does: the weights of those that are known, a degraded one counting half.
package struct Composite: Sendable {
    /// An outcome and its part in it.
    package struct Member: Sendable {
        package let name: OutcomeName
        package let isCritical: Bool
        /// Not negative.
        package let weight: Double

        /// A member.
        package init(_ name: OutcomeName, isCritical: Bool = false, weight: Double = 1) {
            self.name = name
            self.isCritical = isCritical
            self.weight = weight
        }
    }

    /// A score that is healthy.
    static let healthyScore = 0.8
    /// A score that is degraded.
    static let degradedScore = 0.5

    /// In the order in which they are named in reasons.
    package let members: [Member]

    /// A composite of these.
    package init(_ members: [Member]) { self.members = members }

    /// What it comes to. The reason names outcomes, and nothing else.
    func evaluate(_ entries: Board.Entries) -> Verdict {
        let outcomes = members.map { (member: $0, outcome: entries[$0.name]?.outcome ?? .unknown) }
        if outcomes.isEmpty {
            return Verdict(Outcome(.unknown, .loading, reason: "No health checks configured"))
        }
        let critical = outcomes.filter(\.member.isCritical)
        if let verdict = Self.failure(of: critical) { return verdict }
        if let starting = critical.first(where: { $0.outcome.isStarting }) {
            let outcome = Outcome(.unknown, .loading, reason: "starting")
            return Verdict(outcome, decidedBy: starting.member.name)
        }
        return Verdict(Self.judge(outcomes))
    }

    /// Critical ones that are down. One that is down only because of another is named when there is no other.
    private static func failure(of critical: [(member: Member, outcome: Outcome)]) -> Verdict? {
        let down = critical.filter(\.outcome.isDown)
        let roots = down.filter { !$0.outcome.isBlocked }
        let named = roots.isEmpty ? down : roots
        guard let first = named.first else { return nil }
        let names = named.map { member, outcome in
            outcome.isBlocked ? "\(member.name.rawValue) (\(outcome.reason))" : member.name.rawValue
        }
        let outcome = Outcome(
            .unhealthy, first.outcome.code ?? .dependency,
            reason: "Critical checks failed: \(names.joined(separator: ", "))")
        return Verdict(outcome, decidedBy: named.count == 1 ? first.member.name : nil)
    }

    private static func judge(_ outcomes: [(member: Member, outcome: Outcome)]) -> Outcome {
        let known = outcomes.filter { $0.outcome.state != .unknown }
        let total = known.reduce(0) { $0 + $1.member.weight }
        guard !known.isEmpty else {
            return Outcome(.unknown, .loading, reason: "Unable to determine health status")
        }
        // Weights of zero: only critical ones decide.
        if total == 0 { return .healthy }
        let sum = known.reduce(0) { sum, item in
            sum + item.member.weight
                * (item.outcome.state == .healthy ? 1 : item.outcome.state == .degraded ? 0.5 : 0)
        }
        if sum / total >= healthyScore { return .healthy }
        let degraded = known.count { $0.outcome.state == .degraded }
        let unhealthy = known.count { $0.outcome.state == .unhealthy }
        if sum / total >= degradedScore {
            return Outcome(
                .degraded, .dependency,
                reason: "Some systems degraded (\(degraded) degraded, \(unhealthy) unhealthy)")
        }
        return Outcome(
            .unhealthy, .dependency,
            reason: "Multiple systems failing (\(unhealthy) unhealthy, \(degraded) degraded)")
    }
}

extension Outcome {
    /// There is no result yet, and it is too early for one.
    fileprivate var isStarting: Bool { state == .unknown && code == .loading }

    /// It depends on something that is down.
    fileprivate var isBlocked: Bool { state == .unknown && code == .dependency }

    /// It does not work, or is not known though it should be.
    fileprivate var isDown: Bool { state == .unhealthy || (state == .unknown && !isStarting) }
}

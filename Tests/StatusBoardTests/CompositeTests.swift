// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import SystemIO
import Testing

@testable import StatusBoard

@Suite("A composite of outcomes")
struct CompositeTests {
    private static let degraded = Outcome(.degraded, .dependency, reason: "slow")
    private static let unhealthy = Outcome(.unhealthy, .dependency, reason: "refused")
    private static let stale = Outcome(.unknown, .stalled, reason: "no result for too long")
    private static let blocked = Outcome(.unknown, .dependency, reason: "a is down")

    private func verdict(
        _ items: (name: OutcomeName, outcome: Outcome, isCritical: Bool)...,
        weights: [OutcomeName: Double] = [:]
    ) -> Verdict {
        let now = MonotonicTime(nanoseconds: 0)
        let composite = Composite(
            items.map { .init($0.name, isCritical: $0.isCritical, weight: weights[$0.name] ?? 1) })
        var entries = Board.Entries()
        for item in items {
            entries[item.name] = .init(outcome: item.outcome, since: now, reported: now)
        }
        return VerdictRule.composite(composite).evaluate(entries)
    }

    @Test("Without checks it is unknown")
    func none() {
        #expect(verdict().outcome.state == .unknown)
        #expect(verdict().outcome.reason == "No health checks configured")
    }

    @Test(
        "A critical one that is unhealthy or stale decides; one that is blocked is left to its cause"
    )
    func critical() {
        let several = verdict(
            ("a", Self.unhealthy, true), ("b", .healthy, false), ("c", Self.stale, true),
            ("d", Self.blocked, true))
        #expect(several.outcome.state == .unhealthy)
        #expect(several.outcome.reason == "Critical checks failed: a, c")
        #expect(several.decidedBy == nil)
        let alone = verdict(("a", Self.unhealthy, false), ("d", Self.blocked, true))
        #expect(alone.outcome.reason == "Critical checks failed: d (a is down)")
        #expect(alone.decidedBy == "d")
    }

    @Test("It is unknown until each critical one has a result, however good the others are")
    func starting() {
        let verdict = verdict(("a", .healthy, false), ("b", .unknown, true))
        #expect(verdict.outcome.state == .unknown)
        #expect(verdict.outcome.reason == "starting")
    }

    @Test("The score decides over those that are known")
    func score() {
        #expect(verdict(("a", .healthy, false), ("b", .unknown, false)).outcome == .healthy)
        let good = verdict(("a", .healthy, false), ("b", Self.unhealthy, false), weights: ["a": 4])
        #expect(good.outcome == .healthy)
        let half = verdict(("a", Self.degraded, false), ("b", Self.degraded, false))
        #expect(half.outcome.state == .degraded)
        #expect(half.outcome.reason == "Some systems degraded (2 degraded, 0 unhealthy)")
        let bad = verdict(("a", Self.unhealthy, false), ("b", Self.degraded, false))
        #expect(bad.outcome.state == .unhealthy)
        #expect(bad.outcome.reason == "Multiple systems failing (1 unhealthy, 1 degraded)")
        #expect(
            verdict(("a", Self.stale, false)).outcome.reason == "Unable to determine health status")
        #expect(verdict(("a", .healthy, true), weights: ["a": 0]).outcome == .healthy)
        #expect(verdict(("a", Self.unhealthy, true), weights: ["a": 0]).outcome.state == .unhealthy)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import StatusBoard
import SystemIO
import Testing

@testable import CheckEngine

@Suite("The composite of checks")
struct CompositeVerdictTests {
    private static let start = MonotonicTime(nanoseconds: 0)

    private func check(
        _ name: String, _ verdict: CheckState.Verdict, critical: Bool = false, weight: Double = 1,
        dry: Bool = false
    ) -> (definition: CheckDefinition, state: CheckState) {
        var state = CheckState(since: Self.start)
        _ = state.become(verdict, at: Self.start)
        return (CheckDefinition(name, isCritical: critical, weight: weight, isDry: dry), state)
    }

    private func verdict(
        _ checks: (definition: CheckDefinition, state: CheckState)...
    ) -> CompositeVerdict { CompositeVerdict(of: checks) }

    @Test("Without checks it is unknown")
    func none() {
        #expect(verdict().state == .unknown)
        #expect(verdict().message == "No health checks configured")
        #expect(
            verdict(check("a", .known(.healthy), dry: true)).message
                == "No health checks configured")
    }

    @Test(
        "A critical check that is unhealthy, stale or blocked decides, and is named by its first cause"
    )
    func critical() {
        let composite = verdict(
            check("a", .known(.unhealthy), critical: true), check("b", .known(.healthy)),
            check("c", .stale, critical: true), check("d", .blocked(by: "a"), critical: true))
        #expect(composite.state == .unhealthy)
        #expect(composite.message == "Critical checks failed: a, c")
    }

    @Test("It is unknown until each critical check has a result")
    func starting() {
        let composite = verdict(
            check("a", .known(.healthy)), check("b", .starting, critical: true))
        #expect(composite.state == .unknown)
        #expect(composite.message == "starting")
    }

    @Test("The score decides over those that are known")
    func score() {
        #expect(verdict(check("a", .known(.healthy)), check("b", .starting)).score == 1)
        let good = verdict(check("a", .known(.healthy), weight: 4), check("b", .known(.unhealthy)))
        #expect(good.state == .healthy)
        #expect(good.score == 0.8)
        #expect(good.message == "All systems operational")
        let half = verdict(check("a", .known(.degraded)), check("b", .known(.degraded)))
        #expect(half.state == .degraded)
        #expect(half.message == "Some systems degraded (2 degraded, 0 unhealthy)")
        let bad = verdict(check("a", .known(.unhealthy)), check("b", .known(.degraded)))
        #expect(bad.state == .unhealthy)
        #expect(bad.message == "Multiple systems failing (1 unhealthy, 1 degraded)")
        #expect(verdict(check("a", .stale)).message == "Unable to determine health status")
        #expect(verdict(check("a", .known(.healthy), weight: 0)).score == nil)
    }
}

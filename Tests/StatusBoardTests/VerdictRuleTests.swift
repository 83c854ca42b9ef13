// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import SystemIO
import Testing

@testable import StatusBoard

@Suite("A verdict's rule")
struct VerdictRuleTests {
    private static let outcomes: [OutcomeName: Outcome] = [
        "good": .healthy, "slow": Outcome(.degraded, .dependency, reason: "slow"),
        "bad": Outcome(.unhealthy, .lowMemory, reason: "bad"),
        "worse": Outcome(.unhealthy, .stalled, reason: "worse"),
    ]

    private func verdict(_ rule: VerdictRule) -> Verdict {
        let now = MonotonicTime(nanoseconds: 0)
        return rule.evaluate(
            Self.outcomes.reduce(into: Board.Entries()) {
                $0[$1.key] = Board.Entry(outcome: $1.value, since: now, reported: now)
            })
    }

    @Test("One outcome decides by itself, and an outcome that was never reported is unknown")
    func one() {
        #expect(verdict(.outcome("good")).isServing)
        #expect(!verdict(.outcome("bad")).isServing)
        #expect(verdict(.outcome("never")).outcome == .unknown)
        #expect(!verdict(.outcome("never")).isServing)
    }

    @Test("All: the first that cannot serve decides, known to be bad or not known")
    func all() {
        let rule = VerdictRule.all([
            .outcome("good"), .outcome("slow"), .outcome("bad"), .outcome("worse"),
        ])
        #expect(verdict(rule).decidedBy == "bad")
        #expect(verdict(rule).outcome.code == .lowMemory)
        #expect(verdict(.all([.outcome("never"), .outcome("bad")])).decidedBy == "never")
        #expect(verdict(.all([])).isServing)
    }

    @Test("Degraded still serves")
    func degraded() {
        let slow = verdict(.all([.outcome("good"), .outcome("slow")]))
        #expect(slow.isServing && slow.outcome.state == .degraded)
    }

    @Test("Any: the best decides, and none is unknown")
    func any() {
        #expect(verdict(.any([.outcome("bad"), .outcome("slow")])).decidedBy == "slow")
        #expect(verdict(.any([.outcome("worse"), .outcome("bad")])).decidedBy == "worse")
        #expect(!verdict(.any([])).isServing)
    }

    @Test("A rule names what it depends on, once each, in the order of importance")
    func outcomes() {
        let rule = VerdictRule.all([
            .outcome("a"), .any([.outcome("b"), .labeled("l", .outcome("a"))]),
            .atLeast(1, of: [.outcome("c"), .outcome("b")]),
        ])
        #expect(rule.outcomes == ["a", "b", "c"] && VerdictRule.all([]).outcomes.isEmpty)
    }

    @Test("A label stands before the reason, and changes nothing else")
    func labels() {
        let bad = verdict(.labeled("db", .outcome("bad")))
        #expect(bad.outcome.reason == "db: bad" && bad.outcome.code == .lowMemory)
        #expect(bad.decidedBy == "bad" && !bad.isServing)
        #expect(verdict(.labeled("db", .outcome("good"))).outcome == .healthy)
    }

    @Test("At least: enough of them must serve; when they do not, the first that cannot decides")
    func atLeast() {
        let rules: [VerdictRule] = [.outcome("good"), .outcome("slow"), .outcome("bad")]
        #expect(verdict(.atLeast(2, of: rules)).isServing)
        #expect(verdict(.atLeast(3, of: rules)).decidedBy == "bad")
        #expect(!verdict(.atLeast(1, of: [])).isServing)
    }
}

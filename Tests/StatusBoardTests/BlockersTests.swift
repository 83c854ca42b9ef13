// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import SystemIO
import TestSupport
import Testing

@testable import StatusBoard

@Suite("What keeps a name from being SERVING")
struct BlockersTests {
    private static let outcomes: [OutcomeName: Outcome] = [
        "good": .healthy, "slow": Outcome(.degraded, .dependency, reason: "slow"),
        "bad": Outcome(.unhealthy, .lowMemory, reason: "bad"),
        "worse": Outcome(.unhealthy, .stalled, reason: "worse"),
        "stale": Outcome(.unknown, .stalled, reason: "stale"),
    ]

    private func blockers(_ rule: VerdictRule) -> [String] {
        Board(rules: [("", rule)], outcomes: Self.outcomes).snapshot.blockers(of: "")
            .map(\.rawValue)
    }

    @Test(
        "All: each that cannot serve, in the order of their importance; nothing where the name serves"
    )
    func all() {
        #expect(
            blockers(.all([.outcome("worse"), .outcome("slow"), .outcome("bad")])) == [
                "worse", "bad",
            ])
        #expect(blockers(.all([.outcome("good"), .outcome("slow")])).isEmpty)
        #expect(blockers(.all([.outcome("never")])) == ["never"])
    }

    @Test("Any, and at least so many: those that need least")
    func alternatives() {
        let both = VerdictRule.all([.outcome("bad"), .outcome("worse")])
        #expect(blockers(.any([both, .outcome("stale")])) == ["stale"])
        #expect(
            blockers(.atLeast(2, of: [.outcome("good"), both, .outcome("stale")])) == ["stale"])
        #expect(blockers(.any([])).isEmpty)
    }

    @Test(
        "A composite: the critical ones that are down, and then the heaviest until the score serves"
    )
    func composite() {
        let members: [Composite.Member] = [
            .init("stale", isCritical: true), .init("bad", weight: 1), .init("worse", weight: 5),
            .init("good", weight: 1),
        ]
        #expect(blockers(.composite(Composite(members))) == ["stale", "worse"])
        #expect(
            blockers(.labeled("x", .composite(Composite([.init("good"), .init("bad")])))) == [])
    }

    @Test(
        "Of ten thousand random rules: with all blockers healthy a name serves, with one less it does not"
    )
    func random() throws {
        var random = SplitMix64(seed: 14)
        let names: [OutcomeName] = (0..<6).map { OutcomeName(rawValue: "check\($0)") }
        for _ in 0..<10_000 {
            var outcomes: [OutcomeName: Outcome] = [:]
            for name in names {
                let state = Outcome.State(rawValue: Int.random(in: 0..<4, using: &random))
                outcomes[name] = Outcome(try #require(state), .dependency)
            }
            let rule = Self.rule(names, depth: 2, &random)
            let snapshot = Board(rules: [("", rule)], outcomes: outcomes).snapshot
            let blockers = snapshot.blockers(of: "")
            if snapshot.evaluate(rule).isServing {
                #expect(blockers.isEmpty)
                continue
            }
            #expect(snapshot.evaluate(rule, without: Set(blockers)).isServing)
            for blocker in blockers {
                let others = Set(blockers).subtracting([blocker])
                #expect(!snapshot.evaluate(rule, without: others).isServing)
            }
        }
    }

    /// A rule over some of the names, each once.
    private static func rule(
        _ names: [OutcomeName], depth: Int, _ random: inout SplitMix64
    ) -> VerdictRule {
        guard depth > 0, names.count > 1 else { return .outcome(names[0]) }
        let middle = Int.random(in: 1..<names.count, using: &random)
        let parts = [Array(names[..<middle]), Array(names[middle...])].map {
            rule($0, depth: depth - 1, &random)
        }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return .all(parts)
        case 1: return .any(parts)
        case 2: return .atLeast(Int.random(in: 1...2, using: &random), of: parts)
        default:
            return .composite(
                Composite(
                    names.map { name in
                        Composite.Member(
                            name, isCritical: Int.random(in: 0..<3, using: &random) == 0,
                            weight: Double(Int.random(in: 1..<5, using: &random)))
                    }))
        }
    }
}

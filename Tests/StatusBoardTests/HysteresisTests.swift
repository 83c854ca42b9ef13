// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import TestSupport
import Testing

@testable import StatusBoard

@Suite("Hysteresis")
struct HysteresisTests {
    private func at(_ milliseconds: Int) -> MonotonicTime {
        MonotonicTime(nanoseconds: Int64(milliseconds) * 1_000_000)
    }

    @Test("The first observation decides at once", arguments: [true, false])
    func first(isGood: Bool) {
        var verdict = Hysteresis(fall: .init(count: 3), rise: .init(count: 2))
        #expect(verdict.isGood == nil)
        let hasChanged = verdict.observe(isGood, at: at(0))
        #expect(hasChanged)
        #expect(verdict.isGood == isGood)
    }

    @Test("So many contradictions in a row change it; one that agrees begins the count anew")
    func counts() {
        var verdict = Hysteresis(
            fall: .init(count: 3), rise: .init(count: 2), initially: true)
        let observed = [false, false, true, false, false, false, true, false, true, true]
        let changes = observed.map { verdict.observe($0, at: at(0)) }
        #expect(changes.indices.filter { changes[$0] } == [5, 9])
        #expect(verdict.isGood == true)
    }

    @Test("A threshold with a time needs both: the count, and the time from the first to the last")
    func times() {
        var verdict = Hysteresis(
            fall: .init(count: 2, duration: .seconds(1)),
            rise: .init(count: 2, duration: .seconds(5)), initially: true)
        let observed = [
            (false, 0), (false, 999), (false, 1_000), (true, 1_001), (true, 6_000), (true, 6_001),
        ]
        let changes = observed.map { verdict.observe($0.0, at: at($0.1)) }
        #expect(changes == [false, false, true, false, false, true])
    }

    @Test("A hold keeps a verdict for some time after its change, and not the first one")
    func hold() {
        var verdict = Hysteresis(fall: .init(), rise: .init(hold: .seconds(1)), initially: true)
        let observed = [
            (false, 0), (true, 500), (true, 999), (true, 1_000), (false, 1_001), (false, 1_500),
            (true, 3_000),
        ]
        let changes = observed.map { verdict.observe($0.0, at: at($0.1)) }
        #expect(changes == [true, false, false, true, true, false, true])
        #expect(verdict.changed == at(3_000))
    }

    @Test(
        "It never changes sooner than its thresholds say, whatever is observed (seeded, 10,000 steps)"
    )
    func never() {
        var random = SplitMix64(seed: 7)
        let (fall, rise) = (3, 2)
        var verdict = Hysteresis(
            fall: .init(count: fall), rise: .init(count: rise), initially: true)
        var recent: [Bool] = []
        for step in 0..<10_000 {
            let observed = Bool.random(using: &random)
            recent.append(observed)
            guard verdict.observe(observed, at: at(step)) else { continue }
            let needed = verdict.isGood == true ? rise : fall
            #expect(recent.suffix(needed).allSatisfy { $0 == verdict.isGood })
            recent = []
        }
    }
}

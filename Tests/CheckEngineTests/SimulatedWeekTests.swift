// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import StatusBoard
import SystemIO
import TestSupport
import Testing

@testable import CheckEngine

@Suite("Checks over a long time")
struct SimulatedWeekTests {
    @Test("A week of a healthy target: no change, no drift, one run an interval")
    func week() throws {
        var simulation = Simulation(seed: 7)
        let timing = CheckTiming(interval: .seconds(10), timeout: .seconds(1))
        try simulation.add(
            CheckDefinition("db", timing: timing), .answers(.healthy, after: .milliseconds(5)))
        let week = Duration.seconds(7 * 24 * 3600)
        simulation.run(week)
        #expect(simulation.changes.count == 1)
        let begins = try #require(simulation.begins["db"])
        for (earlier, later) in zip(begins, begins.dropFirst()) {
            let gap = later - earlier
            #expect(gap <= timing.interval)
            #expect(gap >= timing.interval * 0.9)
        }
        // The jitter makes an interval 5 % shorter on average: then a drift would show as fewer runs.
        let expected = 7 * 24 * 3600 / 9.5
        #expect(abs(Double(begins.count) - expected) < expected * 0.005)
        #expect(simulation.overlaps == 0)
    }

    @Test(
        "10,000 runs of random targets: none overlaps, no verdict is early or late, and memory is bounded"
    )
    func random() throws {
        var random = SplitMix64(seed: 42)
        var simulation = Simulation(seed: 42)
        let names = (0..<20).map { "check \($0)" }
        for name in names {
            try simulation.add(CheckDefinition(name), Self.behaviour(&random))
        }
        var runs = 0
        while runs < 10_000 {
            let name = names.randomElement(using: &random)!
            simulation.behaviours[name] = Self.behaviour(&random)
            simulation.run(.milliseconds(Int.random(in: 1...2000, using: &random)))
            if Int.random(in: 0..<200, using: &random) == 0 { simulation.freeze(.seconds(5)) }
            runs = simulation.begins.values.reduce(0) { $0 + $1.count }
        }
        #expect(simulation.overlaps == 0)
        #expect(simulation.table.count == 20)
        for (_, state) in simulation.table.checks { #expect(state.runs > 100) }
        // Each target is steady now: the verdicts follow.
        for name in names { simulation.behaviours[name] = .answers(.degraded, after: .zero) }
        simulation.run(.seconds(3600))
        for name in names { #expect(simulation.verdict(name) == .known(.degraded)) }
    }

    private static func behaviour(_ random: inout SplitMix64) -> Simulation.Behaviour {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: .hangs
        case 1: .clings(.milliseconds(Int.random(in: 0...8000, using: &random)))
        case 2: .answers(.unhealthy, after: .milliseconds(Int.random(in: 0...1500, using: &random)))
        case 3: .answers(.degraded, after: .milliseconds(Int.random(in: 0...1500, using: &random)))
        default: .answers(.healthy, after: .milliseconds(Int.random(in: 0...900, using: &random)))
        }
    }
}

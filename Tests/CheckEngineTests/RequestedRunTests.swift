// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import StatusBoard
import SystemIO
import TestSupport
import Testing

@testable import CheckEngine

@Suite("Runs that a runner asks for")
struct RequestedRunTests {
    private static let quick = Simulation.Behaviour.answers(.healthy, after: .milliseconds(2))
    private static let refused = Simulation.Behaviour.answers(.unhealthy, after: .milliseconds(1))

    /// A check that runs once a minute, of a target that was healthy for some time.
    private func rareCheck() throws -> Simulation {
        var simulation = Simulation()
        let timing = CheckTiming(interval: .seconds(60), timeout: .seconds(1))
        try simulation.add(CheckDefinition("server", timing: timing), Self.quick)
        simulation.run(.seconds(90))
        return simulation
    }

    @Test("A change of which the runner knows is the verdict soon, for worse and for better")
    func change() throws {
        var simulation = try rareCheck()
        for behaviour in [Self.refused, Self.quick, Self.refused] {
            simulation.behaviours["server"] = behaviour
            simulation.requestRun("server")
            simulation.run(.milliseconds(500))
            let expected: Outcome.State = behaviour == Self.quick ? .healthy : .unhealthy
            #expect(simulation.verdict("server") == .known(expected))
        }
        #expect(simulation.overlaps == 0)
    }

    @Test("However often a run is asked for, runs begin a gap apart, and then one an interval")
    func flood() throws {
        var simulation = try rareCheck()
        let gap = CheckTiming().requestGap
        let before = try #require(simulation.begins["server"]).count
        for _ in 0..<10_000 {
            simulation.requestRun("server")
            simulation.run(.milliseconds(1))
        }
        let begins = try #require(simulation.begins["server"]).dropFirst(before - 1)
        #expect(begins.count <= 102)
        for (earlier, later) in zip(begins, begins.dropFirst()) { #expect(later - earlier >= gap) }
        simulation.run(.seconds(60))
        let after = try #require(simulation.begins["server"]).count
        simulation.run(.seconds(600))
        #expect(try #require(simulation.begins["server"]).count - after <= 12)
    }

    @Test("A run that is asked for while one goes on follows it")
    func during() throws {
        var simulation = try rareCheck()
        simulation.behaviours["server"] = .answers(.healthy, after: .milliseconds(500))
        simulation.requestRun("server")
        simulation.run(.milliseconds(100))
        let begun = try #require(simulation.begins["server"]).count
        simulation.behaviours["server"] = Self.refused
        simulation.requestRun("server")
        simulation.run(.milliseconds(300))
        #expect(simulation.begins["server"]?.count == begun)
        simulation.run(.seconds(1))
        #expect(simulation.verdict("server") == .known(.unhealthy))
        #expect(simulation.overlaps == 0)
    }

    @Test("A check that finds nothing out runs an interval later, and one that is gone not at all")
    func nothing() throws {
        var simulation = try rareCheck()
        simulation.behaviours["server"] = .answers(.unknown, after: .milliseconds(1))
        simulation.requestRun("server")
        simulation.requestRun("another")
        let begun = try #require(simulation.begins["server"]).count
        simulation.run(.seconds(130))
        #expect(try #require(simulation.begins["server"]).count <= begun + 4)
        _ = try simulation.table.remove("server", at: simulation.now)
        simulation.requestRun("server")
        #expect(simulation.table.nextWake == .distantFuture)
    }
}

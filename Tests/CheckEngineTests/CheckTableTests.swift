// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import StatusBoard
import SystemIO
import TestSupport
import Testing

@testable import CheckEngine

@Suite("The table of checks")
struct CheckTableTests {
    private static let quick = Simulation.Behaviour.answers(.healthy, after: .milliseconds(2))
    private static let refused = Simulation.Behaviour.answers(.unhealthy, after: .milliseconds(1))

    @Test("A check is starting until its first result, which decides at once")
    func first() throws {
        var simulation = Simulation()
        try simulation.add(CheckDefinition("db"), Self.refused)
        #expect(simulation.verdict("db") == .starting)
        simulation.run(.seconds(1))
        #expect(simulation.verdict("db") == .known(.unhealthy))
        #expect(simulation.changes.count == 1)
    }

    @Test(
        "A target that fails is found within the time that the timing says, and its recovery within two intervals",
        arguments: [UInt64](1...40))
    func detection(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let failures: [Simulation.Behaviour] = [
            Self.refused, .hangs, .clings(.milliseconds(50)),
        ]
        for failure in failures {
            var simulation = Simulation(seed: seed)
            let definition = CheckDefinition("db")
            try simulation.add(definition, Self.quick)
            simulation.run(.seconds(60) + .milliseconds(Int.random(in: 0..<5000, using: &random)))
            let failed = simulation.now
            simulation.behaviours["db"] = failure
            simulation.run(.seconds(20))
            let found = try #require(simulation.changes.last)
            #expect(found.verdict == .known(.unhealthy))
            #expect(found.time - failed <= definition.timing.worstDetection + .milliseconds(120))
            #expect(found.time - failed < .seconds(5))
            let recovered = simulation.now
            simulation.behaviours["db"] = Self.quick
            simulation.run(.seconds(20))
            let told = try #require(simulation.changes.last)
            #expect(told.verdict == .known(.healthy))
            // One run may still hang when the target is back.
            let limit =
                definition.timing.interval * 2 + definition.timing.timeout + .milliseconds(60)
            #expect(told.time - recovered <= limit)
            #expect(simulation.overlaps == 0)
        }
    }

    @Test("Fewer failures in a row than the threshold change nothing")
    func blips() throws {
        var simulation = Simulation()
        try simulation.add(CheckDefinition("db"), Self.quick)
        simulation.run(.seconds(10))
        for _ in 0..<50 {
            simulation.behaviours["db"] = Self.refused
            // The first failure, and one second look.
            while simulation.table.state(of: "db")?.consecutive ?? 0 < 2
                || simulation.table.state(of: "db")?.latest?.state == .healthy
            {
                simulation.run(.milliseconds(20))
            }
            simulation.behaviours["db"] = Self.quick
            simulation.run(.seconds(5))
        }
        #expect(simulation.changes.count == 1)
        let state = try #require(simulation.table.state(of: "db"))
        #expect(state.resultChanges == 100)
        #expect(state.changes == 1)
    }

    @Test("A run that does not let go is not followed by another, and counts as failing")
    func clinging() throws {
        var simulation = Simulation()
        try simulation.add(CheckDefinition("disk"), Self.quick)
        simulation.run(.seconds(5))
        simulation.behaviours["disk"] = .clings(.seconds(3600))
        simulation.run(.seconds(60))
        #expect(simulation.verdict("disk") == .known(.unhealthy))
        #expect(simulation.overlaps == 0)
        let begun = try #require(simulation.begins["disk"]).count
        simulation.behaviours["disk"] = Self.quick
        simulation.run(.seconds(3700))
        #expect(simulation.verdict("disk") == .known(.healthy))
        #expect(try #require(simulation.begins["disk"]).count > begun + 50)
    }

    @Test("A check that needs one that is down is unknown, names the first cause, and does not run")
    func needs() throws {
        var simulation = Simulation()
        try simulation.add(CheckDefinition("db"), Self.quick)
        try simulation.add(CheckDefinition("api", needs: ["db"]), Self.quick)
        try simulation.add(CheckDefinition("page", needs: ["api"]), Self.quick)
        simulation.run(.seconds(10))
        simulation.behaviours = ["db": Self.refused, "api": Self.refused, "page": Self.refused]
        simulation.run(.seconds(30))
        #expect(simulation.verdict("api") == .blocked(by: "db"))
        #expect(simulation.verdict("page") == .blocked(by: "db"))
        #expect(simulation.table.state(of: "page")?.cause == "db is down")
        let begun = simulation.begins["page"]?.count
        simulation.run(.seconds(30))
        #expect(simulation.begins["page"]?.count == begun)
        // The api stays broken when its database is back.
        simulation.behaviours = ["db": Self.quick, "api": Self.refused, "page": Self.quick]
        simulation.run(.seconds(10))
        #expect(simulation.verdict("api") == .known(.unhealthy))
        #expect(simulation.verdict("page") == .blocked(by: "api"))
        simulation.behaviours["api"] = Self.quick
        simulation.run(.seconds(10))
        #expect(simulation.verdict("page") == .known(.healthy))
    }

    @Test("A dry check decides nothing, not for those that need it either")
    func dryNeed() throws {
        var simulation = Simulation()
        try simulation.add(CheckDefinition("db", isDry: true), Self.refused)
        try simulation.add(CheckDefinition("api", needs: ["db"]), Self.quick)
        simulation.run(.seconds(10))
        #expect(simulation.verdict("db") == .known(.unhealthy))
        #expect(simulation.verdict("api") == .known(.healthy))
    }

    @Test("A check that is taken out has its run cancelled, also one that was given up before")
    func removal() throws {
        var simulation = Simulation()
        try simulation.add(CheckDefinition("disk"), .clings(.seconds(3600)))
        simulation.run(.seconds(5))
        let actions = try simulation.table.remove("disk", at: simulation.now)
        #expect(actions.count == 1)
    }

    @Test("Names are unique, and needs have to be there first", arguments: [true])
    func mistakes(_: Bool) throws {
        let table = CheckTable(seed: 1)
        let now = MonotonicTime(nanoseconds: 0)
        try table.add(CheckDefinition("db"), at: now)
        #expect(throws: CheckTableError.nameTaken("db")) {
            try table.add(CheckDefinition("db"), at: now)
        }
        #expect(throws: CheckTableError.needsUnknown("api", "cache")) {
            try table.add(CheckDefinition("api", needs: ["db", "cache"]), at: now)
        }
        try table.add(CheckDefinition("api", needs: ["db"]), at: now)
        #expect(throws: CheckTableError.needed("db", by: "api")) {
            _ = try table.remove("db", at: now)
        }
        _ = try table.remove("api", at: now)
        _ = try table.remove("db", at: now)
        #expect(table.count == 0)
        #expect(table.nextWake == .distantFuture)
    }

    @Test("A process that stood still for 30 s finds nothing wrong", arguments: [UInt64](1...50))
    func frozen(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var simulation = Simulation(seed: seed)
        for number in 0..<20 {
            try simulation.add(
                CheckDefinition("check \(number)"), .answers(.healthy, after: .milliseconds(300)))
        }
        simulation.run(.seconds(20) + .milliseconds(Int.random(in: 0..<2000, using: &random)))
        let before = simulation.changes.count
        simulation.freeze(.seconds(30))
        simulation.run(.seconds(30))
        #expect(simulation.changes.count == before)
        // Connections that broke meanwhile are no failures of their targets either.
        simulation.behaviours = simulation.behaviours.mapValues { _ in
            .answers(.unhealthy, after: .milliseconds(300))
        }
        let started = simulation.now
        while simulation.now - started < .milliseconds(280) { simulation.run(.milliseconds(10)) }
        simulation.freeze(.seconds(30))
        simulation.behaviours = simulation.behaviours.mapValues { _ in
            .answers(.healthy, after: .milliseconds(300))
        }
        simulation.run(.seconds(30))
        #expect(simulation.changes.count == before)
    }

    @Test("A real success counts as a run, and puts the next one off")
    func passive() throws {
        var simulation = Simulation()
        try simulation.add(
            CheckDefinition(
                "llm", timing: CheckTiming(interval: .seconds(30), timeout: .seconds(10))),
            Self.quick)
        simulation.run(.seconds(5))
        #expect(simulation.begins["llm"]?.count == 1)
        for _ in 0..<100 {
            simulation.run(.seconds(10))
            simulation.perform(simulation.table.succeeded("llm", at: simulation.now))
        }
        #expect(simulation.begins["llm"]?.count == 1)
        #expect(simulation.verdict("llm") == .known(.healthy))
        simulation.run(.seconds(31))
        #expect(simulation.begins["llm"]?.count == 2)
    }

    @Test(
        "Runs that find nothing out make a verdict stale in the end, and one result makes it fresh")
    func stale() throws {
        var simulation = Simulation()
        try simulation.add(CheckDefinition("disk", isDry: true), Self.quick)
        simulation.run(.seconds(5))
        simulation.behaviours["disk"] = .answers(.unknown, after: .milliseconds(1))
        simulation.run(.seconds(4))
        #expect(simulation.verdict("disk") == .known(.healthy))
        simulation.run(.seconds(2))
        #expect(simulation.verdict("disk") == .stale)
        simulation.behaviours["disk"] = Self.quick
        simulation.run(.seconds(2))
        #expect(simulation.verdict("disk") == .known(.healthy))
    }
}

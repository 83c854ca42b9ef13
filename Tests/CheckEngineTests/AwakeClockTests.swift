// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import StatusBoard
import SystemIO
import TestSupport
import Testing

@testable import CheckEngine

@Suite("The clock that stands still while the process does")
struct AwakeClockTests {
    private let start = MonotonicTime(nanoseconds: 5_000_000_000)

    @Test("A wake-up that is in time, early, or a little late is counted in full")
    func counted() {
        var clock = AwakeClock()
        for late in [-3000, 0, 25] {
            let now = start + .milliseconds(late)
            let (time, hadGap) = clock.advance(to: now, expected: start)
            #expect(time == now)
            #expect(!hadGap)
        }
    }

    @Test("A wake-up that is later is not counted, and one that is much later is a gap")
    func skipped() {
        var clock = AwakeClock()
        var (time, hadGap) = clock.advance(to: start + .milliseconds(100), expected: start)
        #expect(time == start)
        #expect(!hadGap)
        let next = clock.time(at: start + .milliseconds(200))
        #expect(next == start + .milliseconds(100))
        (time, hadGap) = clock.advance(to: start + .seconds(3), expected: next)
        #expect(time == next)
        #expect(hadGap)
        #expect(clock.moment(of: next) == start + .seconds(3))
    }

    @Test("Who waits for nothing misses nothing")
    func idle() {
        var clock = AwakeClock()
        let (time, hadGap) = clock.advance(to: start, expected: .distantFuture)
        #expect(time == start)
        #expect(!hadGap)
        #expect(clock.moment(of: .distantFuture) == .distantFuture)
    }

    @Test(
        "A stop of the process in the middle of a run is no failure, however long it is and whenever it begins",
        arguments: [UInt64](1...20))
    func stops(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var simulation = Simulation(seed: seed)
        // Half of its time is enough for a run.
        try simulation.add(CheckDefinition("db"), .answers(.healthy, after: .milliseconds(500)))
        simulation.run(.seconds(5))
        for _ in 0..<40 {
            simulation.run(.milliseconds(Int.random(in: 0..<3000, using: &random)))
            let stop = Duration.milliseconds(Int.random(in: 0..<2500, using: &random))
            simulation.freeze(stop, delayingAnswers: true)
            simulation.run(.seconds(3))
        }
        let state = try #require(simulation.table.state(of: "db"))
        #expect(state.resultChanges == 0)
        #expect(state.runs > 100)
    }

    @Test("The time of the table does not pass while a stop goes on that it has not noticed")
    func unnoticed() throws {
        var simulation = Simulation()
        try simulation.add(CheckDefinition("db"), .answers(.healthy, after: .milliseconds(5)))
        simulation.run(.seconds(5))
        let before = simulation.table.awakeTime(at: simulation.now)
        simulation.freeze(.seconds(600))
        let definition = CheckDefinition("db")
        let passed = simulation.table.awakeTime(at: simulation.now) - before
        #expect(passed <= definition.timing.interval + AwakeClock.slack)
        simulation.run(.seconds(10))
        let later = simulation.table.awakeTime(at: simulation.now) - before
        #expect(later <= .seconds(10) + definition.timing.interval + AwakeClock.slack)
    }
}

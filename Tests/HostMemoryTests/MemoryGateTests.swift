// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import TestSupport
import Testing

@testable import HostMemory

@Suite("The memory gate")
struct MemoryGateTests {
    /// A gate of 100 and 120 bytes that is looked at once a second.
    private final class Gate {
        var gate: MemoryGate
        private(set) var seconds = 0
        private(set) var turns = 0
        private(set) var isOpen: Bool?
        private(set) var latest = MemoryGate.Verdict?.none

        init(fall: Duration = .seconds(1), rise: Duration = .seconds(5)) {
            var limits = MemoryGate.Limits(low: 100)
            limits.fallAfter = fall
            limits.riseAfter = rise
            gate = MemoryGate(limits)
        }

        @discardableResult
        func look(_ available: UInt64?, pressure: Double? = nil) -> Bool {
            let time = MonotonicTime(nanoseconds: Int64(seconds) * 1_000_000_000)
            latest = gate.evaluate(
                MemoryGate.Observation(available: available, reason: "why", pressure: pressure),
                at: time)
            let wasOpen = isOpen
            isOpen = latest == .sufficient
            if let wasOpen, wasOpen != isOpen { turns += 1 }
            seconds += 1
            return latest == .sufficient
        }
    }

    @Test("The first look decides at once, at the low mark")
    func first() {
        for (available, isOpen) in [(99, false), (100, true), (1000, true)] as [(UInt64, Bool)] {
            let gate = Gate()
            #expect(gate.look(available) == isOpen)
        }
    }

    @Test("It closes at the second low look, and says what there is and what is required")
    func falls() {
        let gate = Gate()
        gate.look(200)
        #expect(gate.look(99))
        #expect(!gate.look(98))
        #expect(gate.latest == .low(available: 98, required: 100))
    }

    @Test("One low look, or every other one, closes nothing")
    func spikes() {
        let gate = Gate()
        gate.look(200)
        for _ in 0..<50 {
            #expect(gate.look(0))
            #expect(gate.look(100))
        }
    }

    @Test("It opens when it was at the high mark for long enough, and names that mark until then")
    func rises() {
        let gate = Gate()
        gate.look(0)
        #expect(!gate.look(119))
        #expect(gate.latest == .low(available: 119, required: 120))
        for _ in 0..<5 { #expect(!gate.look(120)) }
        #expect(gate.look(120))
        // Between the marks it stays what it is.
        for _ in 0..<10 { #expect(gate.look(100)) }
    }

    @Test("A sawtooth through both marks turns it once, and not with every tooth")
    func sawtooth() {
        for period in 2...5 {
            let gate = Gate()
            gate.look(200)
            for second in 0..<600 {
                gate.look(second % period == 0 ? 200 : 10)
            }
            #expect(gate.turns <= 1, "a period of \(period) s")
            #expect(gate.isOpen == (period == 2))
        }
    }

    @Test("Noise about the low mark turns it seldom; random, but the same each time")
    func noise() {
        var generator = SplitMix64(seed: 20_261_121)
        let gate = Gate()
        gate.look(200)
        for _ in 0..<3600 { gate.look(UInt64.random(in: 90...115, using: &generator)) }
        #expect(gate.turns == 1 && gate.isOpen == false)
    }

    @Test("However it was before, it is closed 2 s after the memory went, with the defaults")
    func detection() {
        var generator = SplitMix64(seed: 7)
        for _ in 0..<200 {
            let gate = Gate()
            for _ in 0..<Int.random(in: 1...30, using: &generator) {
                gate.look(UInt64.random(in: 80...400, using: &generator))
            }
            gate.look(99)
            #expect(!gate.look(99))
        }
    }

    @Test("Pressure counts only together with less than the high mark, and never opens")
    func pressure() {
        let gate = Gate()
        gate.look(200)
        for _ in 0..<20 { #expect(gate.look(120, pressure: 100)) }
        for _ in 0..<20 { #expect(gate.look(119, pressure: 9.9)) }
        #expect(gate.look(119, pressure: 10))
        #expect(!gate.look(119, pressure: 10))
        #expect(gate.latest == .low(available: 119, required: 120))
        for _ in 0..<5 { #expect(!gate.look(120, pressure: 100)) }
        #expect(gate.look(120, pressure: 100))
    }

    @Test("What cannot be measured is not enough: at once at the start, else at the second look")
    func unknown() {
        var gate = Gate()
        #expect(!gate.look(nil))
        #expect(gate.latest == .unknown(reason: "why"))
        gate = Gate()
        gate.look(200)
        #expect(gate.look(nil))
        #expect(!gate.look(nil))
        #expect(gate.latest == .unknown(reason: "why"))
    }

    @Test("Times are settable, and two looks are needed all the same")
    func times() {
        var gate = Gate(fall: .zero, rise: .zero)
        gate.look(200)
        #expect(gate.look(0))
        #expect(!gate.look(0))
        #expect(!gate.look(200))
        #expect(gate.look(200))
        gate = Gate(fall: .seconds(10))
        gate.look(200)
        for _ in 0..<10 { #expect(gate.look(0)) }
        #expect(!gate.look(0))
    }

    @Test("The high mark is 1.2 times the low one, and never below it")
    func marks() {
        #expect(MemoryGate.Limits(low: 100).high == 120)
        #expect(MemoryGate.Limits(low: .max).high == .max)
        #expect(MemoryGate.Limits(low: 100, high: 50).high == 100)
    }
}

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
        private(set) var changes = 0
        private(set) var isSufficient: Bool?
        private(set) var latest = MemoryGate.Verdict?.none

        init(fall: Duration = .seconds(1), rise: Duration = .seconds(5)) {
            var limits = MemoryGate.Limits(low: 100)
            limits.fallAfter = fall
            limits.riseAfter = rise
            gate = MemoryGate(limits)
        }

        @discardableResult
        func measure(_ available: UInt64?, pressure: Double? = nil) -> Bool {
            let time = MonotonicTime(nanoseconds: Int64(seconds) * 1_000_000_000)
            latest = gate.evaluate(
                MemoryGate.Observation(available: available, reason: "why", pressure: pressure),
                at: time)
            let wasSufficient = isSufficient
            isSufficient = latest == .sufficient
            if let wasSufficient, wasSufficient != isSufficient { changes += 1 }
            seconds += 1
            return latest == .sufficient
        }
    }

    @Test("The first measurement decides at once, at the low mark")
    func first() {
        for (available, isSufficient) in [(99, false), (100, true), (1000, true)]
            as [(UInt64, Bool)]
        {
            let gate = Gate()
            #expect(gate.measure(available) == isSufficient)
        }
    }

    @Test("The second low measurement makes it low, with what is available and what is required")
    func falls() {
        let gate = Gate()
        gate.measure(200)
        #expect(gate.measure(99))
        #expect(!gate.measure(98))
        #expect(gate.latest == .low(available: 98, required: 100))
    }

    @Test("One low measurement, or every other one, changes nothing")
    func spikes() {
        let gate = Gate()
        gate.measure(200)
        for _ in 0..<50 {
            #expect(gate.measure(0))
            #expect(gate.measure(100))
        }
    }

    @Test("It is sufficient again after long enough at the high mark, which it names until then")
    func rises() {
        let gate = Gate()
        gate.measure(0)
        #expect(!gate.measure(119))
        #expect(gate.latest == .low(available: 119, required: 120))
        for _ in 0..<5 { #expect(!gate.measure(120)) }
        #expect(gate.measure(120))
        // Between the marks it stays what it is.
        for _ in 0..<10 { #expect(gate.measure(100)) }
    }

    @Test("A sawtooth through both marks changes the verdict once, not with every tooth")
    func sawtooth() {
        for period in 2...5 {
            let gate = Gate()
            gate.measure(200)
            for second in 0..<600 {
                gate.measure(second % period == 0 ? 200 : 10)
            }
            #expect(gate.changes <= 1, "a period of \(period) s")
            #expect(gate.isSufficient == (period == 2))
        }
    }

    @Test("Noise around the low mark rarely changes the verdict; random, but the same each time")
    func noise() {
        var generator = SplitMix64(seed: 20_261_121)
        let gate = Gate()
        gate.measure(200)
        for _ in 0..<3600 { gate.measure(UInt64.random(in: 90...115, using: &generator)) }
        #expect(gate.changes == 1 && gate.isSufficient == false)
    }

    @Test("With the defaults, memory is low 2 s after it was used up, whatever came before")
    func detection() {
        var generator = SplitMix64(seed: 7)
        for _ in 0..<200 {
            let gate = Gate()
            for _ in 0..<Int.random(in: 1...30, using: &generator) {
                gate.measure(UInt64.random(in: 80...400, using: &generator))
            }
            gate.measure(99)
            #expect(!gate.measure(99))
        }
    }

    @Test("Pressure counts only below the high mark, and never makes memory sufficient")
    func pressure() {
        let gate = Gate()
        gate.measure(200)
        for _ in 0..<20 { #expect(gate.measure(120, pressure: 100)) }
        for _ in 0..<20 { #expect(gate.measure(119, pressure: 9.9)) }
        #expect(gate.measure(119, pressure: 10))
        #expect(!gate.measure(119, pressure: 10))
        #expect(gate.latest == .low(available: 119, required: 120))
        for _ in 0..<5 { #expect(!gate.measure(120, pressure: 100)) }
        #expect(gate.measure(120, pressure: 100))
    }

    @Test(
        "Memory that cannot be measured is low: at once at the start, later at the second measurement"
    )
    func unknown() {
        var gate = Gate()
        #expect(!gate.measure(nil))
        #expect(gate.latest == .unknown(reason: "why"))
        gate = Gate()
        gate.measure(200)
        #expect(gate.measure(nil))
        #expect(!gate.measure(nil))
        #expect(gate.latest == .unknown(reason: "why"))
    }

    @Test("The times are settable, but two measurements are always needed")
    func times() {
        var gate = Gate(fall: .zero, rise: .zero)
        gate.measure(200)
        #expect(gate.measure(0))
        #expect(!gate.measure(0))
        #expect(!gate.measure(200))
        #expect(gate.measure(200))
        gate = Gate(fall: .seconds(10))
        gate.measure(200)
        for _ in 0..<10 { #expect(gate.measure(0)) }
        #expect(!gate.measure(0))
    }

    @Test("The high mark is 1.2 times the low one, and never below it")
    func marks() {
        #expect(MemoryGate.Limits(low: 100).high == 120)
        #expect(MemoryGate.Limits(low: .max).high == .max)
        #expect(MemoryGate.Limits(low: 100, high: 50).high == 100)
    }
}

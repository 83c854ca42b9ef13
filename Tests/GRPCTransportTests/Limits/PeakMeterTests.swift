// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GRPCTransport

@Suite("Whether a peak has passed")
struct CrowdMeterTests {
    /// One after the other, until there are `count`.
    private func meter(peak count: Int) -> PeakMeter {
        var meter = PeakMeter()
        for count in 1...count { meter.note(count) }
        return meter
    }

    @Test("A peak has passed after a whole interval without it, and passes once")
    func gone() {
        var meter = meter(peak: 1000)
        #expect(meter.isHolding)
        #expect(meter.endInterval(0) == false)
        #expect(meter.endInterval(0) == true)
        #expect(!meter.isHolding)
        #expect(meter.endInterval(0) == false)
    }

    @Test("A peak of which more than a quarter stays has not passed")
    func stays() {
        var meter = meter(peak: 1000)
        for count in [1000, 1000, 251, 251, 251] { #expect(meter.endInterval(count) == false) }
        #expect(meter.isHolding)
        #expect(meter.endInterval(250) == false)
        #expect(meter.endInterval(250) == true)
    }

    @Test("A peak that comes again in between has not passed")
    func comesAgain() {
        var meter = meter(peak: 100)
        for _ in 0..<10 {
            #expect(meter.endInterval(0) == false)
            meter.note(100)
        }
        #expect(meter.endInterval(0) == false)
        #expect(meter.endInterval(0) == true)
    }

    @Test("A few are no peak")
    func few() {
        var meter = meter(peak: PeakMeter.smallest - 1)
        #expect(!meter.isHolding)
        #expect(meter.endInterval(0) == false)
        #expect(meter.endInterval(0) == false)
    }

    @Test("What a peak leaves behind may be a peak of its own")
    func twice() {
        var meter = meter(peak: 1000)
        #expect(meter.endInterval(200) == false)
        #expect(meter.endInterval(200) == true)
        #expect(meter.endInterval(10) == false)
        #expect(meter.endInterval(10) == true)
        #expect(!meter.isHolding)
    }
}

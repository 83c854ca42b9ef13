// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GRPCTransport

@Suite("Whether a crowd has gone")
struct CrowdMeterTests {
    /// One after the other, until there are `count`.
    private func meter(crowd count: Int) -> CrowdMeter {
        var meter = CrowdMeter()
        for count in 1...count { meter.came(count) }
        return meter
    }

    @Test("A crowd has gone when it is away for a whole interval, and it goes once")
    func gone() {
        var meter = meter(crowd: 1000)
        #expect(meter.isWaiting)
        #expect(meter.look(0) == false)
        #expect(meter.look(0) == true)
        #expect(!meter.isWaiting)
        #expect(meter.look(0) == false)
    }

    @Test("A crowd that stays, or of which a quarter stays, has not gone")
    func stays() {
        var meter = meter(crowd: 1000)
        for count in [1000, 1000, 251, 251, 251] { #expect(meter.look(count) == false) }
        #expect(meter.isWaiting)
        #expect(meter.look(250) == false)
        #expect(meter.look(250) == true)
    }

    @Test("A crowd that comes again in between has not gone")
    func comesAgain() {
        var meter = meter(crowd: 100)
        for _ in 0..<10 {
            #expect(meter.look(0) == false)
            meter.came(100)
        }
        #expect(meter.look(0) == false)
        #expect(meter.look(0) == true)
    }

    @Test("A few are no crowd")
    func few() {
        var meter = meter(crowd: CrowdMeter.smallest - 1)
        #expect(!meter.isWaiting)
        #expect(meter.look(0) == false)
        #expect(meter.look(0) == false)
    }

    @Test("What a crowd leaves behind may be a crowd of its own")
    func twice() {
        var meter = meter(crowd: 1000)
        #expect(meter.look(200) == false)
        #expect(meter.look(200) == true)
        #expect(meter.look(10) == false)
        #expect(meter.look(10) == true)
        #expect(!meter.isWaiting)
    }
}

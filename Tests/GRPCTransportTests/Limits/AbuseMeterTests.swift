// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Testing

@testable import GRPCTransport

@Suite("The budget of frames without use")
struct AbuseMeterTests {
    private let start = MonotonicTime(nanoseconds: 1_000_000_000)
    private func meter() -> AbuseMeter { AbuseMeter(budget: 100, perSecond: 10, at: start) }

    @Test("is spent at once or in parts, and not a frame more")
    func spending() {
        var meter = meter()
        #expect(meter.charge(60, completedWork: 0, at: start) == true)
        #expect(meter.charge(40, completedWork: 0, at: start) == true)
        #expect(meter.charge(1, completedWork: 0, at: start) == false)
    }

    @Test("fills up with time, up to its size")
    func time() {
        var meter = meter()
        #expect(meter.charge(100, completedWork: 0, at: start) == true)
        #expect(meter.charge(20, completedWork: 0, at: start + .seconds(2)) == true)
        #expect(meter.charge(1, completedWork: 0, at: start + .seconds(2)) == false)
        #expect(meter.charge(101, completedWork: 0, at: start + .seconds(3600)) == false)
    }

    @Test("fills up by fractions of a frame, however often it is asked")
    func fractions() {
        var meter = meter()
        #expect(meter.charge(100, completedWork: 0, at: start) == true)
        var now = start
        for _ in 0..<99 {
            now = now + .milliseconds(1)
            #expect(meter.charge(0, completedWork: 0, at: now) == true)
        }
        #expect(meter.charge(1, completedWork: 0, at: start + .milliseconds(100)) == true)
        #expect(meter.charge(1, completedWork: 0, at: start + .milliseconds(101)) == false)
    }

    @Test("is earned back by served calls: a busy client never runs out")
    func work() {
        var meter = meter()
        for _ in 0..<10_000 { #expect(meter.charge(3, completedWork: 1, at: start) == true) }
    }

    @Test("survives a clock that stands still, jumps or is absurd, and counts that are")
    func extremes() {
        var meter = meter()
        #expect(
            meter.charge(1, completedWork: Int.max, at: start + .nanoseconds(Int64.max)) == true)
        #expect(meter.charge(1, completedWork: 0, at: start) == true)
        #expect(meter.charge(Int.max, completedWork: 0, at: start) == false)
    }
}

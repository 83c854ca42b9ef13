// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Testing

@Suite("Monotonic time")
struct MonotonicTimeTests {
    private func moment(_ nanoseconds: Int64) -> MonotonicTime {
        MonotonicTime(nanoseconds: nanoseconds)
    }

    @Test("Durations are added and subtracted")
    func arithmetic() {
        #expect(moment(5) + .nanoseconds(7) == moment(12))
        #expect(moment(5) + .nanoseconds(-7) == moment(-2))
        #expect(moment(5) + .seconds(2) == moment(2_000_000_005))
        #expect(moment(12) - moment(5) == .nanoseconds(7))
        #expect(moment(5) - moment(12) == .nanoseconds(-7))
        #expect(moment(5) < moment(6) && !(moment(6) < moment(6)))
    }

    @Test("Moments are compared in each direction")
    func comparison() {
        #expect(moment(6) >= moment(6) && moment(7) >= moment(6) && !(moment(5) >= moment(6)))
        #expect(moment(6) <= moment(6) && moment(5) <= moment(6) && !(moment(7) <= moment(6)))
    }

    @Test("A duration times a number is held within 64 bits of nanoseconds")
    func scaling() {
        #expect(Duration.seconds(10).scaled(by: 0.25) == .milliseconds(2_500))
        #expect(Duration.nanoseconds(3).scaled(by: 0.5) == .nanoseconds(1))
        #expect(Duration.seconds(-1).scaled(by: 2) == .seconds(-2))
        #expect(Duration.seconds(Int64.max).scaled(by: 2) == .nanoseconds(Int64.max))
        #expect(Duration.seconds(Int64.min).scaled(by: 2) == .nanoseconds(Int64.min))
    }

    @Test("A sum beyond the end of time is held there")
    func overflow() {
        #expect(moment(5) + .nanoseconds(Int64.max) == .distantFuture)
        #expect(moment(5) + .seconds(Int64.max) == .distantFuture)
        #expect(MonotonicTime.distantFuture + .nanoseconds(1) == .distantFuture)
        #expect(moment(-5) + .seconds(Int64.min) == moment(.min))
    }

    @Test(
        "The time-out of a poll is rounded up, and never negative",
        arguments: [
            (0, 0), (-1, 0), (1, 1), (999_999, 1), (1_000_000, 1), (1_000_001, 2),
            (5_000_000_000, 5000), (2_147_483_647_000_000, 2_147_483_647),
            (2_147_483_647_000_001, 2_147_483_647), (.max - 1000, .max),
        ] as [(Int64, CInt)])
    func pollTimeout(_ distance: Int64, _ milliseconds: CInt) {
        #expect(moment(1000 + distance).pollTimeout(from: moment(1000)) == milliseconds)
        #expect(MonotonicTime.distantFuture.pollTimeout(from: moment(1000)) == .max)
    }

    @Test("The clock does not go back")
    func now() {
        var last = MonotonicTime.now()
        for _ in 0..<10_000 {
            let next = MonotonicTime.now()
            #expect(next >= last)
            last = next
        }
        #expect(last.nanoseconds > 0)
    }
}

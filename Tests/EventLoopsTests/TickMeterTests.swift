// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import TestSupport
import Testing

@testable import EventLoops

@Suite("The meters of a loop")
struct TickMeterTests {
    /// Notes what it is told.
    private final class Notes: TickMeter {
        var begun = 0
        var durations: [Duration] = []

        func tickBegan() { begun += 1 }

        func tickEnded(after duration: Duration) { durations.append(duration) }
    }

    @Test("are told of each tick that is measured, from its beginning to its end")
    func told() throws {
        let fixture = try LoopFixture()
        let notes = LoopBound(Notes(), on: fixture.loop)
        try fixture.run { fixture.loop.add(notes.value) }
        // A tick that takes a while makes the next one due, which is measured if the one before it was not just now.
        let isLong: @Sendable (Duration) -> Bool = { $0 >= .milliseconds(2) }
        for _ in 0..<1000 where try fixture.run({ !notes.value.durations.contains(where: isLong) })
        {
            try fixture.run { (MonotonicTime.now() + .milliseconds(2)).sleep() }
        }
        let (begun, durations) = try fixture.run { (notes.value.begun, notes.value.durations) }
        #expect(durations.contains(where: isLong))
        // The tick in which it is added may be measured: that one has begun before.
        #expect(begun + 1 >= durations.count)
        #expect(try fixture.run { fixture.loop.tickTimes.count } >= durations.count)
    }

    @Test("are told of nothing once they are removed")
    func removed() throws {
        let fixture = try LoopFixture()
        let notes = LoopBound(Notes(), on: fixture.loop)
        try fixture.run {
            fixture.loop.add(notes.value)
            fixture.loop.remove(notes.value)
        }
        try fixture.run { (MonotonicTime.now() + .milliseconds(2)).sleep() }
        #expect(try fixture.run { notes.value.begun } == 0)
    }

    @Test("A busy loop is measured once a millisecond in the long run, and sixteen times at once")
    func interval() {
        var measuring = TickMeasuring()
        var now = MonotonicTime.now()
        while measuring.isDue(at: now) { measuring.end(now) }
        #expect(measuring.times.count == 17)
        // Ten ticks in a millisecond.
        for _ in 0..<1000 {
            now = now + .microseconds(100)
            if measuring.isDue(at: now) { measuring.end(now) }
        }
        #expect((99...101).contains(measuring.times.count - 17))
        now = now + .seconds(1)
        #expect(measuring.isDue(at: now))
    }
}

@Suite("Histograms of durations")
struct DurationHistogramTests {
    @Test("A duration is in the first range whose bound it does not exceed")
    func ranges() {
        var histogram = DurationHistogram()
        histogram.record(.microseconds(25))
        histogram.record(.nanoseconds(25_001))
        histogram.record(.seconds(10), times: 2)
        histogram.record(.seconds(11))
        #expect(histogram.counts[0] == 1)
        #expect(histogram.counts[1] == 1)
        #expect(histogram.counts[DurationHistogram.bounds.count - 1] == 2)
        #expect(histogram.counts.last == 1)
        #expect(histogram.count == 5)
        #expect(histogram.sum == .nanoseconds(31_000_050_001))
        histogram.add(histogram)
        #expect(histogram.count == 10)
        #expect(histogram.sum == .nanoseconds(62_000_100_002))
    }
}

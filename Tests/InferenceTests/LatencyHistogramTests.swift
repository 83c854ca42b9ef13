// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Inference

@Suite("The histogram of latencies")
struct LatencyHistogramTests {
    @Test("An empty one has neither average nor percentiles")
    func empty() {
        let histogram = LatencyHistogram()
        #expect(histogram.average == .zero && histogram.percentile(0.99) == .zero)
    }

    @Test("Every bucket ends where the next begins, to the end of 64 bits")
    func buckets() {
        var bucket = 0
        while LatencyHistogram.upperBound(bucket) < .max {
            let last = LatencyHistogram.upperBound(bucket)
            #expect(LatencyHistogram.bucket(last) == bucket)
            #expect(LatencyHistogram.bucket(last + 1) == bucket + 1)
            bucket += 1
        }
        #expect(LatencyHistogram.bucket(.max) == bucket)
    }

    @Test("Percentiles are exact to a sixteenth", arguments: [0.5, 0.9, 0.99, 1])
    func percentiles(_ share: Double) throws {
        var random = SplitMix64(seed: 7)
        var histogram = LatencyHistogram()
        let latencies = (0..<10_000).map { _ in
            Int64.random(in: 0...(1 << Int64.random(in: 1...40, using: &random)), using: &random)
        }
        for latency in latencies { histogram.record(.nanoseconds(latency)) }
        let exact = Duration.nanoseconds(
            latencies.sorted()[Int((Double(latencies.count) * share).rounded(.up)) - 1])
        #expect((exact...exact * 1.0625).contains(histogram.percentile(share)))
    }

    @Test("The sum of two equals one that has recorded both")
    func adds() {
        var (first, second, both) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
        for milliseconds in 1...1000 {
            let latency = Duration.milliseconds(milliseconds * milliseconds)
            if milliseconds % 3 == 0 { first.record(latency) } else { second.record(latency) }
            both.record(latency)
        }
        first.add(second)
        #expect(first.count == 1000 && first.average == both.average)
        for share in [0.1, 0.5, 0.99] { #expect(first.percentile(share) == both.percentile(share)) }
    }

    @Test("A latency that no clock could give is held within bounds")
    func extremes() {
        var histogram = LatencyHistogram()
        histogram.record(.seconds(-1))
        histogram.record(.seconds(Int64.max))
        #expect(histogram.count == 2)
    }
}

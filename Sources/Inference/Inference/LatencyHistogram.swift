// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// Durations in buckets whose width grows with the value: any percentile to within 1/16, in 8 KB. Pure.
package struct LatencyHistogram {
    private static let linearBits = 4
    private static let bucketCount = (64 - linearBits + 1) << linearBits

    private var counts = [UInt64](repeating: 0, count: bucketCount)
    package private(set) var count: UInt64 = 0
    /// The sum of all durations.
    package private(set) var sum = Duration.zero

    /// A histogram without a duration.
    package init() {}

    /// Adds a duration.
    package mutating func record(_ latency: Duration) {
        counts[Self.bucket(UInt64(clamping: latency.wholeNanoseconds))] += 1
        count += 1
        sum += latency
    }

    /// Adds what another histogram has recorded.
    package mutating func add(_ other: LatencyHistogram) {
        for bucket in counts.indices { counts[bucket] += other.counts[bucket] }
        count += other.count
        sum += other.sum
    }

    /// The mean; zero without a duration.
    package var average: Duration { count == 0 ? .zero : sum / Double(count) }

    /// The upper bound of the bucket in which this share of all durations is reached; zero without a duration.
    package func percentile(_ share: Double) -> Duration {
        let rank = max(1, UInt64((Double(count) * share).rounded(.up)))
        var seen: UInt64 = 0
        for (bucket, number) in counts.enumerated() {
            seen += number
            if seen >= rank { return .nanoseconds(Int64(clamping: Self.upperBound(bucket))) }
        }
        return .zero
    }

    /// How many durations are in each of the ranges that these bounds, in seconds and rising, divide all into: the last
    /// has no bound. To within 1/16, as everything here.
    package func counts(upTo bounds: [Double]) -> [Int] {
        var ranges = [Int](repeating: 0, count: bounds.count + 1)
        var range = 0
        for (bucket, number) in counts.enumerated() where number > 0 {
            let seconds = Double(Self.upperBound(bucket)) / 1e9
            // A bucket that holds the bound itself may end up to 1/16 above it.
            while range < bounds.count, seconds > bounds[range] * 17 / 16 { range += 1 }
            ranges[range] += Int(clamping: number)
        }
        return ranges
    }

    /// Values below 16 have a bucket each; above, sixteen buckets for each power of two.
    static func bucket(_ value: UInt64) -> Int {
        let magnitude = 63 - (value | 1).leadingZeroBitCount
        let shift = max(0, magnitude - linearBits)
        return (shift << linearBits) + Int(value >> UInt64(shift))
    }

    /// The largest value of a bucket.
    static func upperBound(_ bucket: Int) -> UInt64 {
        let shift = max(0, (bucket >> linearBits) - 1)
        let mantissa = UInt64(bucket - (shift << linearBits))
        return (mantissa << UInt64(shift)) | ((1 << UInt64(shift)) - 1)
    }
}

extension Duration {
    /// In milliseconds.
    package var milliseconds: Float { Float(Double(wholeNanoseconds) / 1e6) }
}

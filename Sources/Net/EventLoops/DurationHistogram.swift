// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// How many durations were measured, in ranges whose bounds never change. Belongs to one loop.
package struct DurationHistogram: Equatable, Sendable {
    /// The longest duration of each range, in seconds; one more range without a bound follows.
    package static let bounds: [Double] = [
        0.000025, 0.0001, 0.00025, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
    private static let nanoseconds = bounds.map { Int64(($0 * 1e9).rounded()) }

    /// How many durations are in each range alone: one more number than there are bounds.
    package private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
    /// The sum of all durations.
    package private(set) var sum = Duration.zero

    /// A histogram without a duration.
    package init() {}

    /// How many durations there are.
    package var count: Int { counts.reduce(0, +) }

    /// Adds a duration, or so many of the same length.
    package mutating func record(_ duration: Duration, times: Int = 1) {
        let length = duration.wholeNanoseconds
        let range = Self.nanoseconds.firstIndex { length <= $0 } ?? Self.bounds.count
        counts[range] += times
        sum += times == 1 ? duration : duration * times
    }

    /// Adds what another histogram has recorded.
    package mutating func add(_ other: DurationHistogram) {
        for range in counts.indices { counts[range] += other.counts[range] }
        sum += other.sum
    }
}

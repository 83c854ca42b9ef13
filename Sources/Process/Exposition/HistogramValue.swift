// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How many values were observed, in ranges.
package struct HistogramValue: Equatable, Sendable {
    /// The largest value of each range, rising; one more range without a bound follows.
    package let bounds: [Double]
    /// How many values are in each range alone: one more number than there are bounds.
    package private(set) var counts: [Int]
    /// The sum of all values.
    package private(set) var sum: Double
    /// An example for a range, by its place in ``counts``.
    package private(set) var exemplars: [Int: MetricExemplar] = [:]

    /// A histogram in which nothing was observed.
    package init(bounds: [Double]) {
        self.init(bounds: bounds, counts: [Int](repeating: 0, count: bounds.count + 1), sum: 0)
    }

    /// A histogram from numbers that were counted elsewhere. There is one more count than there are bounds.
    package init(bounds: [Double], counts: [Int], sum: Double) {
        self.bounds = bounds
        self.counts = Array(counts.prefix(bounds.count + 1))
        self.counts += [Int](repeating: 0, count: bounds.count + 1 - self.counts.count)
        self.sum = sum
    }

    /// How many values there are.
    package var count: Int { counts.reduce(0, &+) }

    /// Counts a value, with an example of it.
    package mutating func observe(_ value: Double, _ exemplar: MetricExemplar? = nil) {
        let range = bounds.firstIndex { value <= $0 } ?? bounds.count
        counts[range] &+= 1
        sum += value
        if let exemplar { exemplars[range] = exemplar }
    }

    /// Adds what another histogram with the same bounds has counted.
    package mutating func add(_ other: HistogramValue) {
        for index in counts.indices where index < other.counts.count {
            counts[index] &+= other.counts[index]
        }
        sum += other.sum
        exemplars.merge(other.exemplars) { $1 }
    }
}

extension HistogramValue {
    /// Bounds for times that are mostly short, in seconds: from 100 us to 10 s.
    package static let latencyBounds: [Double] = [
        0.0001, 0.00025, 0.0005, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
}

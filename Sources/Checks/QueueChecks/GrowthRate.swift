// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// How fast a number grows over the last runs. Pure.
struct GrowthRate {
    /// Runs that are looked at.
    static let runs = 8
    /// Below, one entry that comes late would be a rate.
    static let fewest = 3

    private var samples: [(value: Double, time: MonotonicTime)] = []

    /// Takes what a run has measured.
    mutating func add(_ value: Double, at now: MonotonicTime) {
        samples.append((value, now))
        if samples.count > Self.runs { samples.removeFirst() }
    }

    /// From the first of the runs to the last; nil until there are enough.
    var perSecond: Double? {
        guard samples.count >= Self.fewest, let first = samples.first, let last = samples.last,
            last.time > first.time
        else { return nil }
        return (last.value - first.value) / ((last.time - first.time) / .seconds(1))
    }
}

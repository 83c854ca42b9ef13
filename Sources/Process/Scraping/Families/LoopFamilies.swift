// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import Exposition
import SystemIO

/// How long the loops take for what they do.
package enum LoopFamilies {
    static let ticks = MetricFamily(
        .histogram, "vitals_loop_tick_seconds", unit: "seconds",
        help: "How long rounds of the serving loops took, of those that were measured.")
    static let lag = MetricFamily(
        .gauge, "vitals_loop_lag_seconds", unit: "seconds",
        help: "How long the loop took to answer the watchdog last, or has not answered it so far.")

    /// Every family, without values.
    package static let all = [ticks, lag]

    /// The rounds of all loops together, and the lag of each.
    package static func read(
        ticks histogram: DurationHistogram, lags: [(loop: String, lag: Duration)]
    ) -> [MetricFamily] {
        var (ticks, lag) = (ticks, lag)
        ticks.add(.histogram(HistogramValue(histogram)))
        for (loop, duration) in lags {
            lag.add(
                .number(Double(duration.wholeNanoseconds / 1000) / 1e6), MetricLabel("loop", loop))
        }
        return [ticks, lag]
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import Exposition
import Synchronization

/// What became of the pushes so far. From any thread.
package final class PushCounters: Sendable {
    /// Numbers since the start.
    package struct Values: Equatable, Sendable {
        /// Pushes that a collector took.
        package var delivered = 0
        /// Pushes that it did not take, repetitions included.
        package var failed = 0
        /// Points that it refused.
        package var rejectedPoints = 0
    }

    private let state = Mutex(Values())

    private static let pushes = MetricFamily(
        .counter, "vitals_otlp_pushes", help: "Pushes of metrics by OTLP, by their result.")
    private static let rejected = MetricFamily(
        .counter, "vitals_otlp_rejected_points",
        help: "Points that the collector has refused when it took the rest.")

    /// Every family, without values.
    package static let all = [pushes, rejected]

    /// Nothing was pushed.
    package init() {}

    /// The numbers now.
    package var values: Values { state.withLock { $0 } }

    func add(_ change: (inout Values) -> Void) { state.withLock { change(&$0) } }

    /// The numbers as metrics.
    package var families: [MetricFamily] {
        let values = values
        var (pushes, rejected) = (Self.pushes, Self.rejected)
        pushes.add(.integer(values.delivered), MetricLabel("result", "delivered"))
        pushes.add(.integer(values.failed), MetricLabel("result", "failed"))
        rejected.add(.integer(values.rejectedPoints))
        return [pushes, rejected]
    }
}

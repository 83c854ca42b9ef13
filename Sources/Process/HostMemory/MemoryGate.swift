// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import StatusBoard
package import SystemIO

/// Turns measurements of the memory into a verdict that does not flap. Pure: the time comes in with each measurement.
///
///     sufficient -- below the low mark twice in a row, for at least `fallAfter` --> low
///     low        -- at or above the high mark each time, for at least `riseAfter` --> sufficient
///
/// The first measurement decides at once. Memory that cannot be measured counts as low.
package struct MemoryGate {
    /// The marks and times.
    package struct Limits: Equatable, Sendable {
        /// Less than this is too little.
        package var low: UInt64
        /// At least this is enough again.
        package var high: UInt64
        /// How long it must be too little before that counts.
        package var fallAfter = Duration.seconds(1)
        /// How long it must be enough again before that counts; also the least time in NOT_SERVING.
        package var riseAfter = Duration.seconds(5)
        /// Per cent of the time in which all tasks wait for memory: from here on less than the high mark is too little,
        /// too.
        package var pressure = 10.0

        /// Marks in bytes; without a high mark it is 1.2 times the low one.
        package init(low: UInt64, high: UInt64? = nil) {
            self.low = low
            self.high = max(low, high ?? low.addingSaturated(low / 5))
        }
    }

    /// What was measured at one moment.
    package struct Observation: Equatable, Sendable {
        /// Nil when it cannot be measured.
        package var available: UInt64?
        /// Why it cannot.
        package var reason: String
        /// `full avg10` of the kernel's pressure stall information; nil without it.
        package var pressure: Double?

        /// A measurement, or the reason why there is none.
        package init(available: UInt64? = nil, reason: String = "", pressure: Double? = nil) {
            self.available = available
            self.reason = reason
            self.pressure = pressure
        }
    }

    /// Whether there is enough memory.
    package enum Verdict: Equatable, Sendable {
        case sufficient
        case low(available: UInt64, required: UInt64)
        /// It cannot be measured.
        case unknown(reason: String)
    }

    private let limits: Limits
    private var hysteresis: Hysteresis

    /// A gate that has no verdict yet.
    package init(_ limits: Limits) {
        self.limits = limits
        // At least two measurements: a single one may be a spike that was over before anything was affected.
        hysteresis = Hysteresis(
            fall: Hysteresis.Threshold(count: 2, duration: limits.fallAfter),
            rise: Hysteresis.Threshold(count: 2, duration: limits.riseAfter))
    }

    /// What follows from a measurement and from those before it.
    package mutating func evaluate(
        _ observation: Observation, at now: MonotonicTime
    ) -> Verdict {
        let isGood = hysteresis.isGood == false ? isAmple(observation) : !isLow(observation)
        _ = hysteresis.observe(isGood, at: now)
        return hysteresis.isGood == true ? .sufficient : description(of: observation)
    }

    private func isLow(_ observation: Observation) -> Bool {
        guard let available = observation.available else { return true }
        if available < limits.low { return true }
        return available < limits.high && (observation.pressure ?? 0) >= limits.pressure
    }

    private func isAmple(_ observation: Observation) -> Bool {
        observation.available.map { $0 >= limits.high } ?? false
    }

    private func description(of observation: Observation) -> Verdict {
        guard let available = observation.available else {
            return .unknown(reason: observation.reason)
        }
        return .low(
            available: available, required: available < limits.low ? limits.low : limits.high)
    }
}

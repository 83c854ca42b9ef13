// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// Turns looks at the memory into a verdict that does not flap. Pure: the time comes in with each look.
///
///     enough -- below the low mark at two looks, for as long as `fallAfter` --> short
///     short  -- at or above the high mark at every look, for as long as `riseAfter` --> enough
///
/// The first look decides at once. Memory that cannot be measured is short of anything.
struct MemoryGate {
    /// The marks and times.
    struct Limits: Equatable, Sendable {
        /// Less than this is too little.
        var low: UInt64
        /// At least this is enough again.
        var high: UInt64
        /// How long it has to be too little before that counts.
        var fallAfter = Duration.seconds(1)
        /// How long it has to be enough again before that counts; also the least time in NOT_SERVING.
        var riseAfter = Duration.seconds(5)
        /// The share of time, in percent, in which everybody waits for memory: from here on less than the high mark
        /// is too little, too.
        var pressure = 10.0

        init(low: UInt64, high: UInt64? = nil) {
            self.low = low
            self.high = max(low, high ?? low.addingSaturated(low / 5))
        }
    }

    /// One look.
    struct Look: Equatable, Sendable {
        /// Nil when it cannot be measured.
        var available: UInt64?
        /// Why it cannot.
        var reason = ""
        /// `full avg10` of the kernel's pressure stall information; nil without it.
        var pressure: Double?
    }

    let limits: Limits
    /// Nil before the first look.
    private var isEnough: Bool?
    /// Since when every look has spoken for the other verdict; how many there were.
    private var doubtBegan: MonotonicTime?
    private var doubts = 0

    init(_ limits: Limits) { self.limits = limits }

    /// Takes a look, and says what follows from it and from those before.
    mutating func take(_ look: Look, at now: MonotonicTime) -> Conditions.Memory {
        let isShort = isShort(look)
        if isEnough == nil { isEnough = !isShort }
        doubt(isEnough == true ? isShort : isAmple(look), at: now)
        return isEnough == true ? .sufficient : description(of: look)
    }

    private mutating func doubt(_ isDoubt: Bool, at now: MonotonicTime) {
        guard isDoubt else {
            doubtBegan = nil
            doubts = 0
            return
        }
        let began = doubtBegan ?? now
        doubtBegan = began
        doubts += 1
        let patience = isEnough == true ? limits.fallAfter : limits.riseAfter
        // Two looks at least: one may have met a moment that was over before anybody could have felt it.
        guard doubts >= 2, now - began >= patience else { return }
        isEnough?.toggle()
        doubtBegan = nil
        doubts = 0
    }

    private func isShort(_ look: Look) -> Bool {
        guard let available = look.available else { return true }
        if available < limits.low { return true }
        return available < limits.high && (look.pressure ?? 0) >= limits.pressure
    }

    private func isAmple(_ look: Look) -> Bool {
        look.available.map { $0 >= limits.high } ?? false
    }

    private func description(of look: Look) -> Conditions.Memory {
        guard let available = look.available else { return .unknown(reason: look.reason) }
        return .low(
            available: available, required: available < limits.low ? limits.low : limits.high)
    }
}

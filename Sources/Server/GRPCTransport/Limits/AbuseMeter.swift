// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// How many unproductive frames a client may still send: a token bucket that time and served calls refill.
///
/// One counter for every flood there is (PING, SETTINGS, PRIORITY, WINDOW_UPDATE, RST_STREAM, CONTINUATION, empty
/// DATA, errors provoked on purpose): each is work for us that brings no call forward.
struct AbuseMeter {
    private let budget: Int
    private let perSecond: Int
    private var left: Int
    private var latest: MonotonicTime

    /// What a served call, or a sent message, earns: the WINDOW_UPDATEs and the PING that answers may cause.
    private static let earnedByWork = 4

    init(budget: Int, perSecond: Int, at now: MonotonicTime) {
        self.budget = budget
        self.perSecond = perSecond
        self.left = budget
        self.latest = now
    }

    /// Takes `frames` from what is left, after adding what was earned. False when there is not that much.
    mutating func charge(_ frames: Int, completedWork: Int, at now: MonotonicTime) -> Bool {
        let elapsed = max(0, now.nanoseconds - latest.nanoseconds)
        let (earned, overflow) = elapsed.multipliedReportingOverflow(by: Int64(perSecond))
        let byTime = overflow ? budget : Int(clamping: earned / 1_000_000_000)
        // Fractions of a frame stay in the clock until they are a whole one.
        if byTime > 0 { latest = now }
        left = min(
            budget, left + min(budget, byTime) + min(budget, completedWork) * Self.earnedByWork)
        left -= min(frames, budget + 1)
        return left >= 0
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP2Wire
import SystemIO

/// Decides when an HTTP/2 client has cost too much: its budget of frames, and the rule for its PINGs. Pure.
struct AbusePolicy {
    private var meter: AbuseMeter
    private var pings: PingPolicy
    private var hasWorkedSincePing = false

    /// Frames that a call counts for which had to be ended because its client was too slow.
    private static let slowCallWeight = 50

    init(_ limits: AbuseLimits, at now: MonotonicTime) {
        meter = AbuseMeter(
            budget: limits.frameBudget, perSecond: limits.frameBudgetPerSecond, at: now)
        pings = PingPolicy(
            minInterval: limits.minPingInterval, maxStrikes: limits.maxPingStrikes)
    }

    /// Charges what the client has cost; why it must be dropped, if it must.
    mutating func judge(_ costs: HTTP2Costs, at now: MonotonicTime) -> DropReason? {
        if costs.completedWork > 0 { hasWorkedSincePing = true }
        let isWithinBudget = meter.charge(
            Int(costs.unproductiveFrames), completedWork: Int(costs.completedWork), at: now)
        if !isWithinBudget { return .flood }
        if costs.pings == 0 { return nil }
        defer { hasWorkedSincePing = false }
        return pings.received(Int(costs.pings), hasWorked: hasWorkedSincePing, at: now)
            ? nil : .tooManyPings
    }

    /// Charges calls that had to be ended; false when the client must be dropped.
    mutating func charge(slowCalls: Int, at now: MonotonicTime) -> Bool {
        meter.charge(slowCalls * Self.slowCallWeight, completedWork: 0, at: now)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTPRouting
import SystemIO

/// What an HTTP/1.x client has cost and earned, in the unproductive frames of ``AbuseMeter``.
///
/// A request costs one, 256 bytes of it one, and 4 KiB of an answer one. A request that a handler has answered earns
/// four, as a call does: a busy client that asks for what is there is never refused.
struct HTTP1Costs {
    private var meter: AbuseMeter
    private var bytes = 0
    private var frames = 0
    private var served = 0

    private static let bytesPerFrame = 256

    init(_ limits: AbuseLimits, at now: MonotonicTime) {
        meter = AbuseMeter(
            budget: limits.frameBudget, perSecond: limits.frameBudgetPerSecond, at: now)
    }

    /// A handler has answered.
    mutating func answered(_ response: HTTPResponse) {
        served += 1
        frames += HTTPCost.frames(of: response)
    }

    /// Charges bytes that have come, and perhaps a request that they complete. False when it is too much.
    mutating func charge(_ count: Int, isRequest: Bool, at now: MonotonicTime) -> Bool {
        bytes += count
        frames += bytes / Self.bytesPerFrame + (isRequest ? 1 : 0)
        bytes %= Self.bytesPerFrame
        defer { (frames, served) = (0, 0) }
        return meter.charge(frames, completedWork: served, at: now)
    }
}

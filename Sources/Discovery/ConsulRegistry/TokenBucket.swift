// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// Two at once, then one in a time. Pure.
struct TokenBucket {
    private let refill: Duration
    /// When the bucket was, or will be, full.
    private var full = MonotonicTime(nanoseconds: 0)

    init(refill: Duration) { self.refill = refill }

    /// Takes a token; when it may be used.
    mutating func take(at now: MonotonicTime) -> MonotonicTime {
        full = max(full, now) + refill
        return max(now, full + (.zero - refill * 2))
    }
}

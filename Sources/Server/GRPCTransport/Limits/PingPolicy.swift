// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// How many PINGs a client may send: gRPC's rule against needless keepalives (gRPC, proposal A8: "too_many_pings").
struct PingPolicy {
    private let minInterval: Duration
    private let maxStrikes: Int
    private var latest: MonotonicTime?
    private var strikes = 0

    init(minInterval: Duration, maxStrikes: Int) {
        self.minInterval = minInterval
        self.maxStrikes = maxStrikes
    }

    /// Judges `count` PINGs. `hasWorked` when an answer went out since the latest: then it is fair to measure
    /// the way with one. A PING in good time takes one strike back. False when the connection must end.
    mutating func received(_ count: Int, hasWorked: Bool, at now: MonotonicTime) -> Bool {
        guard minInterval > .zero, count > 0 else { return true }
        defer { latest = now }
        if hasWorked {
            strikes = 0
            return true
        }
        // The way here is not always equally long: a tenth less is in good time.
        let isTooSoon = latest.map { now - $0 < minInterval - minInterval / 10 } ?? false
        if !isTooSoon { strikes = max(0, strikes - 1) }
        // Several in one read are as many too soon, all but the first.
        strikes += min(count, maxStrikes + 2) - (isTooSoon ? 0 : 1)
        return strikes <= maxStrikes
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import HTTP1Wire
import SystemIO

/// The date of a loop's responses, written once a second.
final class ResponseDate {
    private var date = HTTPDate(secondsSince1970: 0)
    private var validUntil = MonotonicTime(nanoseconds: .min)

    /// The date at `now`, which is this moment, or the start of this tick.
    func text(at now: MonotonicTime) -> HTTPDate {
        if now >= validUntil { renew(at: now) }
        return date
    }

    private func renew(at now: MonotonicTime) {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        date = HTTPDate(secondsSince1970: Int64(time.tv_sec))
        validUntil = now + .nanoseconds(1_000_000_000 - Int64(time.tv_nsec))
    }
}

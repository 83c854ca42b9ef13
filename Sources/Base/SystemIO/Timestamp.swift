// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// A moment on the wall clock, for people and logs; never for measuring.
package struct Timestamp: Equatable, Sendable {
    /// Since the start of 1970.
    package let milliseconds: Int64

    /// The moment so long after the start of 1970.
    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// The moment now.
    package static func now() -> Timestamp {
        let time = clock
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Nanoseconds since the start of 1970, for protocols that have them; limited to 64 bits, which end in 2262.
    package static var nanosecondsNow: Int64 {
        let time = clock
        let (seconds, overflow) = Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return time.tv_sec < 0 ? .min : .max }
        return seconds.addingReportingOverflow(Int64(time.tv_nsec)).partialValue
    }

    private static var clock: timespec {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time
    }

    /// Whole seconds since the start of 1970.
    package var seconds: Int64 {
        milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000
    }

    /// Seconds since the start of 1970, with their milliseconds.
    package var fractionalSeconds: Double { Double(milliseconds) / 1000 }

    /// In UTC with milliseconds, such as `2026-11-21T09:30:00.125Z` (RFC 3339).
    package var text: String {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        let date =
            Self.padded(parts.tm_year + 1900, 4) + "-" + Self.padded(parts.tm_mon + 1, 2) + "-"
            + Self.padded(parts.tm_mday, 2)
        let clock =
            Self.padded(parts.tm_hour, 2) + ":" + Self.padded(parts.tm_min, 2) + ":"
            + Self.padded(parts.tm_sec, 2)
        return date + "T" + clock + "." + Self.padded(CInt(milliseconds - seconds * 1000), 3) + "Z"
    }

    private static func padded(_ number: CInt, _ width: Int) -> String {
        var digits = String(number)
        while digits.utf8.count < width { digits = "0" + digits }
        return digits
    }
}

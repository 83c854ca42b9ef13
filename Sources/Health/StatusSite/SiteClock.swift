// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
package import SystemIO

/// One moment on both clocks, so that moments of the past can be told to people.
package struct SiteClock: Sendable {
    /// The moment on the clock that never jumps.
    package let now: MonotonicTime
    /// The same on the wall clock, in milliseconds since the start of 1970.
    package let wall: Int64

    /// A moment on both clocks.
    package init(now: MonotonicTime, wall: Int64) {
        self.now = now
        self.wall = wall
    }

    /// This moment.
    package static func read() -> SiteClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let wall = Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
        return SiteClock(now: .now(), wall: wall)
    }

    /// Whole seconds from a moment to this one; never negative.
    func age(of time: MonotonicTime) -> Int64 { max(0, (now - time).components.seconds) }

    /// A moment in seconds since the start of 1970.
    func seconds(of time: MonotonicTime) -> Int64 {
        (wall - (now - time).wholeNanoseconds / 1_000_000) / 1000
    }

    /// A moment in UTC, such as `2026-11-21T09:30:00Z` (RFC 3339).
    func text(of time: MonotonicTime) -> String {
        let (date, clock) = parts(of: time)
        return "\(date)T\(clock)Z"
    }

    /// A moment for a person: without the date when it is today's.
    func shortText(of time: MonotonicTime) -> String {
        let (date, clock) = parts(of: time)
        return date == parts(of: now).date ? "\(clock) UTC" : "\(date) \(clock) UTC"
    }

    /// How long ago a moment was, in words; status.js has the same ones.
    func ago(_ time: MonotonicTime) -> String {
        let age = age(of: time)
        switch age {
        case ..<2: return "now"
        case ..<60: return "\(age) s ago"
        case ..<3600: return "\(age / 60) min ago"
        case ..<86_400: return "\(age / 3600) h ago"
        default: return "\(age / 86_400) d ago"
        }
    }

    private func parts(of time: MonotonicTime) -> (date: String, clock: String) {
        var seconds = time_t(seconds(of: time))
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = [parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday]
        let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec]
        return (
            date.map(Self.twoDigits).joined(separator: "-"),
            clock.map(Self.twoDigits).joined(separator: ":")
        )
    }

    private static func twoDigits(_ number: CInt) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}

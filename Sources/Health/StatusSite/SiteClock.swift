// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO

/// One moment on both clocks, so that moments of the past can be told to people.
package struct SiteClock: Sendable {
    /// The moment on the clock that never jumps.
    package let now: MonotonicTime
    /// The same on the wall clock.
    package let wall: Timestamp

    /// A moment on both clocks.
    package init(now: MonotonicTime, wall: Timestamp) {
        self.now = now
        self.wall = wall
    }

    /// This moment.
    package static func read() -> SiteClock { SiteClock(now: .now(), wall: .now()) }

    /// Whole seconds from a moment to this one; never negative.
    func age(of time: MonotonicTime) -> Int64 { max(0, (now - time).components.seconds) }

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

    private func parts(of time: MonotonicTime) -> (date: Substring, clock: Substring) {
        let age = (now - time).wholeNanoseconds / 1_000_000
        let text = Timestamp(milliseconds: wall.milliseconds - age).text
        return (text.prefix(10), text.dropFirst(11).prefix(8))
    }
}

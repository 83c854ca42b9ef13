// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO

/// Moments as people read them.
extension PageClock {
    /// A moment in UTC, such as `2026-11-21T09:30:00Z` (RFC 3339).
    package func text(of time: MonotonicTime) -> String {
        let (date, clock) = parts(of: time)
        return "\(date)T\(clock)Z"
    }

    /// A moment for a person: without the date when it is today's.
    package func shortText(of time: MonotonicTime) -> String {
        let (date, clock) = parts(of: time)
        return date == parts(of: now).date ? "\(clock) UTC" : "\(date) \(clock) UTC"
    }

    /// How long ago a moment was, in words; status.js has the same ones.
    package func ago(_ time: MonotonicTime) -> String {
        let age = seconds(since: time)
        switch age {
        case ..<2: return "now"
        case ..<60: return "\(age) s ago"
        case ..<3600: return "\(age / 60) min ago"
        case ..<86_400: return "\(age / 3600) h ago"
        default: return "\(age / 86_400) d ago"
        }
    }

    private func parts(of time: MonotonicTime) -> (date: Substring, clock: Substring) {
        let text = timestamp(of: time).text
        return (text.prefix(10), text.dropFirst(11).prefix(8))
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// Durations as people read them.
extension Duration {
    /// `3 ms`, `0.8 s`, `12 s`, `1 min 5 s`, `2 h 3 min` or `3 d 4 h`; never negative.
    package var words: String {
        let (whole, attoseconds) = components
        if whole < 0 || attoseconds < 0 { return "0 ms" }
        let (minutes, hours) = (whole / 60, whole / 3600)
        switch whole {
        case ..<10:
            let tenths = attoseconds / 100_000_000_000_000_000
            if whole == 0, tenths == 0 { return "\(wholeMilliseconds) ms" }
            return tenths == 0 ? "\(whole) s" : "\(whole).\(tenths) s"
        case ..<60: return "\(whole) s"
        case ..<3600: return Self.joined("\(minutes) min", whole % 60, "s")
        case ..<86_400: return Self.joined("\(hours) h", minutes % 60, "min")
        default: return Self.joined("\(hours / 24) d", hours % 24, "h")
        }
    }

    private static func joined(_ large: String, _ rest: Int64, _ unit: String) -> String {
        rest == 0 ? large : "\(large) \(rest) \(unit)"
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckScheduling
import Flags

/// What a queue has to be like.
struct QueueLimits: Sendable {
    /// Longer is unhealthy.
    var max: Double?
    /// Longer is degraded.
    var warn: Double?
    /// Entries a second; a queue that grows faster is degraded.
    var maxGrowth: Double?
    /// A queue whose oldest entry is older is unhealthy.
    var maxAge: Duration?

    /// No limits.
    init() {}

    /// Takes the options `max`, `warn`, `max-growth` and `max-age`.
    init(_ options: inout CheckOptions) throws(CheckOptionError) {
        max = try options.take("max", "a number that is not negative", Self.number)
        warn = try options.take("warn", "a number that is not negative", Self.number)
        if let max, let warn, warn > max {
            throw CheckOptionError(
                "warn", "is more than max: a queue is degraded before it is unhealthy")
        }
        maxGrowth = try options.take("max-growth", "a rate such as 5/s, 300/m or 1000/h", Self.rate)
        maxAge = try options.take("max-age", "a duration such as 5m") { text in
            Duration(goText: text).flatMap { $0 > .zero ? $0 : nil }
        }
    }

    private static func number(_ text: String) -> Double? {
        CheckNumber.decimal(text).flatMap { $0 >= 0 ? $0 : nil }
    }

    private static func rate(_ text: String) -> Double? {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 2, let count = number(String(Substring(parts[0]))) else { return nil }
        switch String(Substring(parts[1])) {
        case "s": return count
        case "m": return count / 60
        case "h": return count / 3600
        default: return nil
        }
    }
}

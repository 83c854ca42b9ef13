// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How long to wait before the next attempt: 25 ms, 50, then always 100, so that what comes up late is found soon.
struct ProbeBackoff {
    static let longest = Duration.milliseconds(100)

    private var pending = Duration.milliseconds(25)

    /// The wait that is due now; the next one is longer.
    mutating func next() -> Duration {
        defer { pending = min(pending * 2, Self.longest) }
        return pending
    }
}

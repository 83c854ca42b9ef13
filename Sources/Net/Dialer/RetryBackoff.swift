// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How long to wait before the next attempt: 25 ms, 50, then always 100, so that a server that starts late is found
/// soon.
package struct RetryBackoff: Sendable {
    /// The longest wait.
    package static let longest = Duration.milliseconds(100)

    private var pending = Duration.milliseconds(25)

    /// A backoff before its first wait.
    package init() {}

    /// Returns the wait that is due now, and makes the next one longer.
    package mutating func advance() -> Duration {
        defer { pending = min(pending * 2, Self.longest) }
        return pending
    }
}

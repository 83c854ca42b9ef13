// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How long to wait before a store is tried again: a random part of a time that doubles with each failure. Many that failed
/// together do not come back together.
package struct SpreadBackoff: Sendable {
    private let first: Duration
    private let longest: Duration
    private var current: Duration

    /// A backoff before its first wait.
    package init(first: Duration = .milliseconds(250), longest: Duration = .seconds(30)) {
        (self.first, self.longest, current) = (first, longest, first)
    }

    /// The wait that is due now, which makes the next one longer. `fraction` is random, from 0 to 1: the wait is between a quarter
    /// of the time and all of it.
    package mutating func advance(_ fraction: Double) -> Duration {
        defer { current = min(current * 2, longest) }
        return current * (0.25 + 0.75 * fraction)
    }

    /// It has worked: the next wait is the first again.
    package mutating func reset() { current = first }
}

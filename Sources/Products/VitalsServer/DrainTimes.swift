// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How long a graceful shutdown may take, counted from its beginning.
public struct DrainTimes: Sendable {
    /// For clients that are connected: they see NOT_SERVING, and are still served.
    public var grace: Duration
    /// For the calls under way; then they are cut off.
    public var deadline: Duration

    /// The defaults are those of skill-runtime.
    public init(grace: Duration = .seconds(5), deadline: Duration = .seconds(8)) {
        self.grace = grace
        self.deadline = deadline
    }
}

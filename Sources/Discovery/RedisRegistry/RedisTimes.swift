// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How long things take in a registry of Redis.
package struct RedisTimes: Sendable {
    /// An instance is forgotten so long after it was written last.
    package var timeToLive = Duration.seconds(300)
    /// Between two looks of a watch at what expires without a word.
    package var poll = Duration.seconds(5)
    /// For a connection to be open.
    package var connect = Duration.seconds(5)
    /// For the next reply.
    package var answer = Duration.seconds(5)
    /// The longest wait before the next connection.
    package var longestWait = Duration.seconds(5)

    /// The defaults.
    package init() {}
}

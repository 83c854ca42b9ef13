// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How long things take in a registry of Consul.
package struct ConsulTimes: Sendable {
    /// An instance is critical so long after it was written last.
    package var timeToLive = Duration.seconds(300)
    /// For an answer that need not wait for a change.
    package var answer = Duration.seconds(5)
    /// For which a question waits for a change at the agent; 10 minutes at most there.
    package var wait = Duration.seconds(300)
    /// Between two questions of a watch, when two have followed at once.
    package var pause = Duration.milliseconds(250)
    /// The longest wait after a failure.
    package var longestWait = Duration.seconds(5)

    /// The defaults.
    package init() {}
}

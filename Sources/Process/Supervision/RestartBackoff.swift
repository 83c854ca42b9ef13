// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How long to wait before a command is started again: twice as long each time, up to a longest wait.
package struct RestartBackoff: Equatable, Sendable {
    package var first = Duration.milliseconds(100)
    package var longest = Duration.seconds(10)
    /// Up to this part of it more, so that many that ended together do not come back together.
    package var jitter = 0.25
    /// After so long in good health the next wait is the first again.
    package var resetAfter = Duration.seconds(60)

    /// The defaults.
    package init() {}

    /// The wait before the restart that `count` others came before; `jitter` is between 0 and 1.
    func wait(after count: Int, jitter: Double) -> Duration {
        var wait = min(first, longest)
        for _ in 0..<min(count, 62) where wait < longest { wait = min(wait * 2, longest) }
        return wait + wait * (self.jitter * jitter)
    }
}

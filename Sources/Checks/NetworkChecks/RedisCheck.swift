// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckScheduling
import Flags

/// The check of kind `redis`: a ``RedisTarget`` answers, and can be written to.
///
/// Options: `write` (true), `slow` (100ms), and those of ``RedisTarget``.
package struct RedisCheck: NetworkCheckKind {
    private let target: RedisTarget
    private let settings: RedisPlan

    /// Reads the target and its options, and the files that they name.
    package init(_ target: String, _ options: CheckOptions) throws(CheckOptionError) {
        var options = options
        self.target = try RedisTarget(target, &options)
        var plan = RedisPlan()
        plan.writes = try options.takeSwitch("write") ?? true
        let slow = try options.take("slow", "a duration such as 100ms") { Duration(positive: $0) }
        plan.slowAfter = slow ?? plan.slowAfter
        try options.checkEmpty()
        settings = plan
    }

    package var targetText: String { target.url.masked }

    package var plan: NetworkPlan {
        target.plan { [settings, login = target.login] in
            RedisSession(settings, login) {
                // No other host, process or run has the same.
                let number = UInt64.random(in: .min ... .max)
                return "vitals:check:" + String(number, radix: 16)
            }
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Settings

/// How long the parts of a drain may take.
package struct DrainOptions: Sendable {
    /// How long requests are still taken after SIGTERM, while a client is connected.
    package var grace = Duration.seconds(5)
    /// How long all of it may take from SIGTERM on; nil to have it follow from ``grace``.
    package var deadline: Duration?

    /// What the two come to together.
    var times: DrainTimes { DrainTimes(grace: grace, deadline: deadline) }
}

extension RuntimeOptions {
    static var drainSettings: [Setting<RuntimeOptions>] {
        [
            .value(
                "drain-grace", \.drain.grace, .duration,
                "time for which clients that are connected are still served after SIGTERM"),
            .value(
                "drain-deadline", \.drain.deadline, .optional(.duration),
                "time for everything after SIGTERM, the grace period included; requests still under way "
                    + "then are cut off",
                default: "8s, or 3s after the grace period where that is later"),
        ]
    }
}

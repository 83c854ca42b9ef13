// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import Settings

/// How long the parts of a drain may take. Both times count from its beginning.
struct DrainTimes: Equatable, Sendable {
    /// Until then clients that are connected are served.
    let grace: Duration
    /// Then requests that are still under way are cut off.
    let deadline: Duration
    /// What `--drain-grace` says.
    private let wantedGrace: Duration

    /// Docker kills ten seconds after SIGTERM.
    private static let usualDeadline = Duration.seconds(8)
    /// What requests under way are given after the grace period.
    private static let usualRest = Duration.seconds(3)
    /// What clients need at the least to answer a GOAWAY, out of a short deadline a quarter.
    private static let leastRest = Duration.seconds(1)

    /// `deadline` is nil where nothing says it: then it follows from the grace period.
    init(grace: Duration, deadline: Duration?) {
        let deadline = deadline ?? Self.deadline(after: grace)
        self.wantedGrace = grace
        self.deadline = deadline
        self.grace = min(grace, deadline - min(Self.leastRest, deadline / 4))
    }

    private static func deadline(after grace: Duration) -> Duration {
        max(usualDeadline, grace + usualRest)
    }

    /// What is hardly meant with times as these.
    func warnings(inferTimeout: Duration) -> [SettingProblem] {
        var warnings: [SettingProblem] = []
        if grace < wantedGrace {
            warnings.append(
                SettingProblem(
                    "--drain-deadline \(deadline.goText) counts from SIGTERM, as --drain-grace "
                        + "\(wantedGrace.goText) does: the grace period is \(grace.goText)",
                    about: "drain-deadline", "drain-grace"))
        }
        // The usual one is short for the sake of Docker, and docs/runtime.md says so.
        if deadline != Self.deadline(after: wantedGrace), inferTimeout > deadline {
            warnings.append(
                SettingProblem(
                    "--infer-timeout \(inferTimeout.goText) is longer than --drain-deadline "
                        + "\(deadline.goText): a drain may cut off requests that still have time",
                    about: "infer-timeout", "drain-deadline"))
        }
        return warnings
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckEngine
import Flags
import StatusBoard
package import SystemIO

/// The latest report of a heartbeat, and what follows from it. Pure; its times are those of a clock that stands still while
/// the process does, so that a stop of this process is no silence of the reporter.
package struct HeartbeatRecord: Sendable {
    private let within: Duration
    private let start: MonotonicTime
    private var latest: (report: HeartbeatReport, time: MonotonicTime)?

    /// Nothing was reported yet; waiting begins at `start`.
    package init(within: Duration, since start: MonotonicTime) {
        self.within = within
        self.start = start
    }

    /// Takes a report. True when the check has something else to tell now.
    package mutating func take(_ report: HeartbeatReport, at now: MonotonicTime) -> Bool {
        let before = result(at: now)
        latest = (report, now)
        let after = result(at: now)
        return before.state != after.state || before.cause != after.cause
    }

    /// What is known now.
    package func result(at now: MonotonicTime) -> CheckResult {
        let age = now - (latest?.time ?? start)
        let details = ["age_seconds": String(max(0, age.components.seconds))]
        if age >= within {
            return CheckResult(.unhealthy, "no heartbeat for \(within.goText)", details: details)
        }
        guard let report = latest?.report else {
            return CheckResult(.unknown, "no heartbeat yet", details: details)
        }
        if report.state == .healthy { return CheckResult(.healthy, details: details) }
        let word = report.state == .degraded ? "degraded" : "unhealthy"
        return CheckResult(
            report.state,
            report.reason.isEmpty
                ? "it reports that it is \(word)" : "it reports: \(report.reason)",
            details: details)
    }
}

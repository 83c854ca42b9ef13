// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import StatusBoard
import SystemIO
import Text

/// What the reports are written with.
struct PageContext {
    let identity: ServiceIdentity
    let audience: PageAudience
    let clock: PageClock
}

/// The JSON of `/health`.
extension HealthReport {
    /// The document; more of it with `isVerbose`.
    func json(_ context: PageContext, isVerbose: Bool) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.set("status", isShuttingDown ? "shutting_down" : "\(state.word)")
            if isShuttingDown {
                writer.set("message", "Service is shutting down")
                if !isVerbose { return }
            }
            writer.set("timestamp", context.clock.wall.text)
            writer.set("service", context.identity.service)
            writer.set("version", context.identity.version)
            writer.object("checks") { writer in
                for check in checks { writer.set(named: check.name, "\(check.state.word)") }
            }
            writer.object("metadata") { writer in
                writer.set("uptime_seconds", context.clock.seconds(since: context.identity.start))
                writer.set("last_error", cause.flatMap { context.audience.cause(of: $0) })
            }
            if let warning = Exclusion.warning(of: unmatched) {
                writer.array("warnings", [warning])
            }
            if isVerbose { details(&writer, context) }
        }
        return writer.bytes
    }

    private func details(_ writer: inout JSONWriter, _ context: PageContext) {
        writer.set("overall_status", "\(state.word)")
        writer.set("overall_message", message)
        // A request runs no check: this is how long the slowest of them took last. They run side by side.
        writer.set("check_duration_ms", thousandths: checks.map(\.microseconds).max() ?? 0)
        writer.object("individual_results") { writer in
            for check in checks {
                writer.object(named: check.name) { result(of: check, &$0, context) }
            }
        }
        writer.object("summary") { summary(&$0) }
    }

    private func result(
        of check: Check, _ writer: inout JSONWriter, _ context: PageContext
    ) {
        let (outcome, clock) = (check.entry.outcome, context.clock)
        writer.set("status", "\(check.state.word)")
        writer.set("message", context.audience.cause(of: outcome) ?? "ok")
        writer.set("duration_ms", thousandths: check.microseconds)
        writer.object("metadata") { writer in
            if let code = outcome.code { writer.set("reason_code", "\(code.word)") }
            if context.audience == .operators, !outcome.figures.isEmpty {
                writer.set("figures", outcome.figures)
            }
        }
        writer.set("since", clock.timestamp(of: check.entry.since).text)
        writer.set("age_seconds", thousandths: clock.milliseconds(since: check.entry.reported))
    }

    private func summary(_ writer: inout JSONWriter) {
        writer.set("total_checks", checks.count)
        if checks.isEmpty { return }
        writer.set("healthy_count", count(.healthy))
        writer.set("degraded_count", count(.degraded))
        writer.set("unhealthy_count", count(.unhealthy))
        writer.set("unknown_count", count(.unknown))
        let total = checks.reduce(0) { $0 + $1.microseconds }
        writer.set("avg_duration_ms", thousandths: total / Int64(checks.count))
        writer.set(
            "health_percentage", thousandths: Int64(count(.healthy)) * 100_000 / Int64(checks.count)
        )
    }
}

extension HealthReport.Check {
    /// What the latest measurement took.
    var microseconds: Int64 { max(0, entry.duration.wholeNanoseconds / 1000) }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
import Exposition
import Logging
import Scraping
import SkillServices
import SystemIO
import Telemetry

/// The program, its log, and its metrics themselves.
enum ProgramFamilies {
    static let build = MetricFamily(
        .info, "vitals_build", help: "The version of the program, and what it was built from.")
    static let coldStart = MetricFamily(
        .gauge, "vitals_cold_start_seconds", unit: "seconds",
        help: "From the start of the process to the first time that it was ready.")
    static let lostLines = MetricFamily(
        .counter, "vitals_log_lines_lost",
        help: "Lines of the log that were lost because its reader left no room.")
    static let series = MetricFamily(
        .gauge, "vitals_metrics_series", help: "Series that were made by swift-metrics.")
    static let rejected = MetricFamily(
        .counter, "vitals_metrics_rejected",
        help: "Calls of swift-metrics that were not counted: too many series, or a name in use.")

    static let all = [build, coldStart, lostLines, series, rejected]

    static func read(_ runtime: Runtime, _ registry: MetricsRegistry) -> [MetricFamily] {
        var (build, coldStart, lostLines) = (build, coldStart, lostLines)
        var (series, rejected) = (series, rejected)
        let parts = Vitals.fullVersion.split(separator: "+", maxSplits: 1)
        build.add(
            .info, MetricLabel("version", Vitals.version),
            MetricLabel("commit", parts.count > 1 ? String(parts[1]) : "unknown"))
        if let duration = runtime.state.coldStart.duration {
            coldStart.add(.number(duration.seconds))
        }
        if let output = runtime.logger.handler as? LogOutput {
            lostLines.add(.integer(output.lostLineCount))
        }
        series.add(.integer(registry.seriesCount))
        rejected.add(.integer(registry.rejected))
        return [build, coldStart, lostLines, series, rejected]
    }
}

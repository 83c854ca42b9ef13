// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Exposition
import Logging
import Scraping
import SkillServices
import SystemIO
import Telemetry

/// The program, its log, and the metrics themselves.
enum ProgramFamilies {
    static let coldStart = MetricFamily(
        .gauge, "vitals_cold_start_seconds", unit: "seconds",
        help: "From the start of the process to the first time that it was ready.")
    static let series = MetricFamily(
        .gauge, "vitals_metrics_series", help: "Series that were made by swift-metrics.")
    static let rejected = MetricFamily(
        .counter, "vitals_metrics_rejected",
        help: "Calls of swift-metrics that were not counted: too many series, or a name in use.")

    static let all = BuildFamilies.all + [coldStart, series, rejected]

    static func read(_ runtime: Runtime, _ registry: MetricsRegistry) -> [MetricFamily] {
        var (coldStart, series, rejected) = (coldStart, series, rejected)
        if let duration = runtime.state.coldStart.duration {
            coldStart.add(.number(duration.roundedSeconds))
        }
        series.add(.integer(registry.seriesCount))
        rejected.add(.integer(registry.rejected))
        let lostLines = (runtime.logger.handler as? LogOutput)?.lostLineCount
        return BuildFamilies.read(lostLines: lostLines) + [coldStart, series, rejected]
    }
}

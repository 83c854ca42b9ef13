// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
import EventLoops
import OTLPExport
import Scraping
import SkillServices
import SystemIO

/// Metrics that are pushed, where OpenTelemetry's variables ask for it.
extension Runtime {
    /// Starts the pushes; nil when nothing asks for them.
    func startPush() throws(SystemCallError) -> MetricsPush? {
        guard let configuration = options.push else { return nil }
        return try MetricsPush(
            configuration,
            attributes: .ofProcess(named: "skill-runtime", version: Vitals.version),
            version: Vitals.version, start: state.startTime,
            counters: metrics.pushes, logger: logger,
            source: { [collector = LoopBound(metrics.collector, on: control)] completion in
                collector.loop.post {
                    collector.value.collect { completion($0.families) }
                }
            })
    }
}

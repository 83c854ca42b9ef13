// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
import Exposition
import OTLPExport
import SkillServices
import StatusBoard
import SystemIO

/// Metrics that are pushed, where OpenTelemetry's variables ask for it.
extension Runtime {
    /// Starts the pushes; nil when nothing asks for them.
    func startPush() throws(SystemCallError) -> MetricsPush? {
        guard let configuration = options.push else { return nil }
        return try MetricsPush(
            configuration,
            attributes: .ofProcess(named: "skill-runtime", version: Vitals.version),
            version: Vitals.version, start: state.coldStart.startTime, logger: logger,
            source: { [board = state.board] in $0(Self.families(board.snapshot)) })
    }

    private static func families(_ snapshot: Board.Snapshot) -> [MetricFamily] {
        var serving = MetricFamily(
            .gauge, "vitals_health_serving",
            help: "1 while the health name is SERVING, 0 while it is not.")
        for (name, verdict) in snapshot.verdicts {
            serving.add(.integer(verdict.isServing ? 1 : 0), MetricLabel("name", name))
        }
        return [serving]
    }
}

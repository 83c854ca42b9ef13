// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Inference
import JSONHealth
import SkillServices
import StatusBoard
import Synchronization
import SystemIO

extension JSONHealthReport {
    /// What a snapshot of the status board comes to, with the numbers of the moment.
    init(_ snapshot: Board.Snapshot, of state: RuntimeState, _ load: InferenceQueue.Load) {
        let verdict = snapshot.verdict(of: HealthName.readiness)
        let models = state.models.models.count { model in
            snapshot.outcome(of: model.outcome)?.state.canServe == true
        }
        let uptime = MonotonicTime.now() - state.startTime
        self.init(
            state: JSONHealthState(verdict?.outcome.state ?? .unknown),
            isReady: verdict?.isServing == true,
            acceptsRequests: !snapshot.isStopping && !load.isFull, modelsLoaded: models,
            memoryUsedBytes: state.residentBytes.load(ordering: .relaxed), queueDepth: load.depth,
            uptimeSeconds: uptime.components.seconds)
    }
}

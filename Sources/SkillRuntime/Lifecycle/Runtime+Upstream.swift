// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops

/// The server that runs the model, when there is one: what it answers is a condition of readiness.
extension Runtime {
    func watchUpstream() {
        guard let upstream else { return }
        logger.info("model server", metadata: ["url": "\(upstream.configuration.url.text)"])
        let health = upstream.health(on: control) { [state] health in
            state.update { $0.conditions.upstream = .answered(health) }
        }
        upstreamHealth = health
        // The loop does not run yet.
        let bound = LoopBound(health, on: control)
        control.post { bound.value.start() }
    }
}

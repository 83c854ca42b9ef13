// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Logging
import OpenAIBackend

/// The server that runs the model, when there is one: what it answers is a condition of readiness.
extension Runtime {
    func watchUpstream() {
        guard let upstream else { return }
        logger.info("model server", metadata: ["url": "\(upstream.url.text)"])
        let health = upstream.health(on: control) { [state] health in
            state.update { $0.conditions.upstream = .answered(health) }
        }
        upstreamHealth = health
        // The loop does not run yet.
        let bound = LoopBound(health, on: control)
        control.post { bound.value.start() }
    }

    /// Reads the files of the API key and the CAs again; on the loop of the files.
    static func reload(_ upstream: UpstreamAccess, _ logger: Logger) {
        do throws(UpstreamAccess.Failure) {
            try upstream.reload()
            logger.notice("the model server's key and CAs were read again")
        } catch {
            logger.error(
                "the model server's key and CAs were not read again",
                metadata: ["reason": "\(error.text)", "in force": "those read before"])
        }
    }
}

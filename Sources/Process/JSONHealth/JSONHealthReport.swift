// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// How a server of models is, as a client of the JSON socket sees it.
package struct JSONHealthReport: JSONHealthDocument, Equatable, Sendable {
    package var state: JSONHealthState
    /// It can do its work. Never while it drains.
    package var isReady: Bool
    /// A request that comes now is taken.
    package var acceptsRequests: Bool
    package var modelsLoaded: Int
    /// Of the process.
    package var memoryUsedBytes: UInt64
    /// Requests that wait.
    package var queueDepth: Int
    package var uptimeSeconds: Int64

    package init(
        state: JSONHealthState, isReady: Bool, acceptsRequests: Bool, modelsLoaded: Int,
        memoryUsedBytes: UInt64, queueDepth: Int, uptimeSeconds: Int64
    ) {
        self.state = state
        self.isReady = isReady
        self.acceptsRequests = acceptsRequests
        self.modelsLoaded = modelsLoaded
        self.memoryUsedBytes = memoryUsedBytes
        self.queueDepth = queueDepth
        self.uptimeSeconds = uptimeSeconds
    }

    /// The object, without the end of a line.
    package var text: String {
        Self.report(state, isReady: isReady, uptimeSeconds: uptimeSeconds) { writer in
            writer.set("accepting_requests", acceptsRequests)
            writer.set("models_loaded", modelsLoaded)
            writer.set("memory_used_bytes", memoryUsedBytes)
            writer.set("queue_depth", queueDepth)
        }
    }
}

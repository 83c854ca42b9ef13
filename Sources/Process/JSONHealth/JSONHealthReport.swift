// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How a server of models is, as a client of the JSON socket sees it.
package struct JSONHealthReport: JSONHealthDocument, Equatable, Sendable {
    /// Its state in one word.
    package enum State: String, Sendable {
        case healthy = "Healthy"
        case degraded = "Degraded"
        case unhealthy = "Unhealthy"
    }

    package var state: State
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
        state: State, isReady: Bool, acceptsRequests: Bool, modelsLoaded: Int,
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
        "{\"state\":\"\(state.rawValue)\",\"ready\":\(isReady)"
            + ",\"accepting_requests\":\(acceptsRequests),\"models_loaded\":\(modelsLoaded)"
            + ",\"memory_used_bytes\":\(memoryUsedBytes),\"queue_depth\":\(queueDepth)"
            + ",\"uptime_secs\":\(uptimeSeconds)}"
    }
}

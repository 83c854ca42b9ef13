// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckSettings
import HTTPRouting
import Heartbeats
import JSONHealth
import StatusPages

/// Reports of others, where they come in.
extension Runtime {
    private var heartbeats: HeartbeatDesk { options.dependencies.checks.heartbeats }

    /// For everyone: only with a token.
    var publicHeartbeats: [any HTTPService] {
        heartbeats.hasTokens ? [HeartbeatService(heartbeats, asksForToken: true)] : []
    }

    /// For operators: their address is safe, but a browser there can be made to send requests.
    var adminHeartbeats: [any HTTPService] {
        if heartbeats.isEmpty { return [] }
        return [
            GuardedPages([HeartbeatService(heartbeats, asksForToken: false)], against: .otherSites)
        ]
    }
}

extension Runtime {
    /// Takes reports at the JSON socket; nil when there are no heartbeats.
    var takeJSONHeartbeat: JSONHeartbeat.Take? { heartbeats.takeJSON }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import StatusSite
import Synchronization

/// The connections of all servers, for the status page. From any thread.
final class OpenConnections: Sendable {
    private let servers = Mutex<[(purpose: String, counters: ServerCounters)]>([])

    /// Adds a server, whose connections are then told.
    func add(_ server: GRPCServer, for purpose: String) {
        servers.withLock { $0.append((purpose, server.counters)) }
    }

    /// The numbers now.
    var figures: [SiteFigures.Connections] {
        servers.withLock { servers in
            servers.map { purpose, counters in
                SiteFigures.Connections(
                    purpose: purpose, open: counters.connections,
                    limit: WrapperServers.maxConnections, streams: counters.streamingCalls)
            }
        }
    }
}

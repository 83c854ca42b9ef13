// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import GRPCTransport
import Synchronization

/// The connections of all servers of a process, for the status page. From any thread.
package final class OpenConnections: Sendable {
    private let servers = Mutex<[(purpose: String, counters: ServerCounters, limit: Int)]>([])

    /// No servers yet.
    package init() {}

    /// Adds a server, whose connections are then told; there may be `limit` of them.
    package func add(_ server: GRPCServer, for purpose: String, limit: Int) {
        servers.withLock { $0.append((purpose, server.counters, limit)) }
    }

    /// The numbers now.
    package var figures: [SiteFigures.Connections] {
        servers.withLock { servers in
            servers.map { purpose, counters, limit in
                SiteFigures.Connections(
                    purpose: purpose, open: counters.connections, limit: limit,
                    streams: counters.streamingCalls)
            }
        }
    }
}

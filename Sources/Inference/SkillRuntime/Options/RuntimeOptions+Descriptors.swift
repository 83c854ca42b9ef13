// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import JSONHealth

extension RuntimeOptions {
    /// Standard streams, the control loop, files that stay open, and those that are read in passing.
    private static let descriptorsOfProcess = 24
    /// A loop, its listeners and their reserves.
    private static let descriptorsOfLoop = 6
    /// Fewer connections than this are none.
    private static let fewestConnections = 8

    /// Caps the connections where the process may open few descriptors, so that there are always some left for the rest
    /// of its work: without them the memory cannot be looked at, and readiness goes. What to tell when it had to.
    package mutating func fitConnections(toDescriptors limit: Int, loops: Int) -> String? {
        let upstream = backend.url == nil ? 0 : inference.workers + 8
        let needed = Self.descriptorsOfProcess + loops * Self.descriptorsOfLoop + upstream
        let free = max(Self.fewestConnections, limit - needed)
        // Twice: for this machine's own, and for others.
        server.capacity.reservedConnections = min(
            server.capacity.reservedConnections, max(1, free / 16))
        network.sideConnections = min(network.sideConnections, max(1, free / 8))
        let reserved = 2 * server.capacity.reservedConnections
        let sides = [network.admin, network.health, network.http].compactMap { $0 }.count
        let json = network.json == nil ? 0 : JSONHealthServer.maxClients
        let rest = max(1, free - reserved - sides * (network.sideConnections + reserved) - json)
        guard server.capacity.maxConnections > rest else { return nil }
        defer { server.capacity.maxConnections = rest }
        return
            "--max-connections is \(server.capacity.maxConnections), but only \(limit) files may be open "
            + "(ulimit -n): no more than \(rest) connections are kept"
    }
}

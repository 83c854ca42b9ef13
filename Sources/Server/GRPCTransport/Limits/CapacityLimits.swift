// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How much the clients of a server may hold.
package struct CapacityLimits: Sendable {
    /// Connections in all. For one more an idle connection is closed; when none is idle, it is refused.
    package var maxConnections = 10_000
    /// The share of one peer (an IPv4 address, a /64 of IPv6) in the connections and streaming calls that are free for it,
    /// in per cent: one peer alone gets so much of all.
    package var maxPeerShare = 90
    /// Connections beyond ``maxConnections``, for the first call of those that find no place; as many again for those from
    /// this machine. A call that lasts is refused there.
    package var reservedConnections = 32
    /// TLS handshakes under way. For one more an old handshake is ended; when none is old, it is refused.
    package var maxHandshakes = 1_000
    /// Calls that stream their answer (Watch) on one connection; RESOURCE_EXHAUSTED beyond.
    package var maxStreamingCallsPerConnection = 100
    /// Calls that stream their answer (Watch) in all; RESOURCE_EXHAUSTED beyond.
    package var maxStreamingCalls = 20_000
    /// Bytes of unfinished requests of one connection; RESOURCE_EXHAUSTED beyond.
    package var maxRequestBytesPerConnection = 16 << 20
    /// Bytes that are held for all clients together: of unfinished requests, and of answers that they do not read.
    package var maxHeldBytes = 256 << 20

    /// The defaults.
    package init() {}

    /// Lowers the limits so that all of them together fit into `memory` bytes, with room for the process itself: a client
    /// cannot have the process killed for want of memory. Limits that are low enough stay.
    package mutating func fit(into memory: Int) {
        maxHeldBytes = min(maxHeldBytes, memory / 4)
        maxRequestBytesPerConnection = min(maxRequestBytesPerConnection, maxHeldBytes)
        // The sizes are measured; half of the connections idle in TLS.
        maxConnections = Self.count(maxConnections, in: memory / 4, of: 40 << 10)
        maxHandshakes = Self.count(maxHandshakes, in: memory / 16, of: 46 << 10)
        maxStreamingCalls = Self.count(maxStreamingCalls, in: memory / 8, of: 6 << 10)
    }

    private static func count(_ limit: Int, in share: Int, of size: Int) -> Int {
        min(limit, max(1, share / size))
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTPRouting
import Synchronization
import SystemIO

/// What the clients of all workers together hold. Each count is bounded by the configuration, and so is the share of each
/// peer in it.
package final class ServerCounters: Sendable {
    private let peers = Mutex<[PeerAddress.Network: PeerUsage]>([:])
    private let connectionCount = Atomic<Int>(0)
    private let streamingCallCount = Atomic<Int>(0)
    private let heldByteCount = Atomic<Int>(0)

    /// Connections that have a place now, without the provisional ones.
    package var connections: Int { connectionCount.load(ordering: .relaxed) }
    /// Calls that stream their answer now.
    package var streamingCalls: Int { streamingCallCount.load(ordering: .relaxed) }
    /// Bytes of unfinished requests and of unread answers that are held now.
    package var heldBytes: Int { heldByteCount.load(ordering: .relaxed) }

    /// Takes a place for a connection of this peer; nil when there are as many as there may be, or it has its share.
    func addConnection(
        of network: PeerAddress.Network, _ limits: CapacityLimits
    ) -> PeerUsage? {
        peers.withLock { peers in
            let peer = peers[network] ?? PeerUsage(network)
            let share = PeerShare(percent: limits.maxPeerShare)
            guard share.admits(peer.connections, of: connections, limit: limits.maxConnections)
            else { return nil }
            if peer.connections == 0 { peers[network] = peer }
            peer.connections += 1
            connectionCount.add(1, ordering: .relaxed)
            return peer
        }
    }

    func removeConnection(of peer: PeerUsage) {
        peers.withLock { peers in
            connectionCount.subtract(1, ordering: .relaxed)
            peer.connections -= 1
            if peer.connections == 0 { peers[peer.network] = nil }
        }
    }

    /// How many connections of this peer have a place.
    func connections(of network: PeerAddress.Network) -> Int {
        peers.withLock { $0[network]?.connections ?? 0 }
    }

    /// What an attempt to begin a streaming call came to.
    enum StreamingAdmission { case admitted, peerHasShare, full }

    func addStreamingCall(of peer: PeerUsage, _ limits: CapacityLimits) -> StreamingAdmission {
        let taken = streamingCallCount.add(1, ordering: .relaxed).oldValue
        let share = PeerShare(percent: limits.maxPeerShare)
        if share.admits(peer.streamingCalls, of: taken, limit: limits.maxStreamingCalls) {
            peer.changeStreamingCalls(by: 1)
            return .admitted
        }
        streamingCallCount.subtract(1, ordering: .relaxed)
        return taken < limits.maxStreamingCalls ? .peerHasShare : .full
    }

    func removeStreamingCall(of peer: PeerUsage) {
        streamingCallCount.subtract(1, ordering: .relaxed)
        peer.changeStreamingCalls(by: -1)
    }

    /// Notes that `change` bytes more (or less) are held.
    func changeHeldBytes(by change: Int) { heldByteCount.add(change, ordering: .relaxed) }
}

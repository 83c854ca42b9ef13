// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire

/// Places for calls and HTTP answers that may last.
extension Worker {
    /// What the peer of this socket uses. Throws for a provisional connection when there is still no place for it.
    func requireAdmission(of socket: ConnectionSocket) throws(Status) -> PeerUsage {
        if let peer = socket.peerUsage ?? admission.confirm(socket) { return peer }
        throw Status(
            .resourceExhausted,
            "the server has no place for this connection, and serves short calls only on it; retry later"
        )
    }

    /// Takes a place for an answer that may last; throws when there is none.
    func takeStreamingPlace(for socket: ConnectionSocket) throws(Status) {
        let limits = configuration.capacity
        switch counters.addStreamingCall(of: try requireAdmission(of: socket), limits) {
        case .admitted: sweeper.streamingCallAdded()
        case .peerHasShare:
            throw Status(
                .resourceExhausted,
                "this address has its share of the server's streaming calls; retry later")
        case .full:
            throw Status(
                .resourceExhausted,
                "the server has \(limits.maxStreamingCalls) streaming calls, its limit")
        }
    }

    /// Gives that place back.
    func giveStreamingPlaceBack(of socket: ConnectionSocket) {
        sweeper.streamingCallRemoved()
        if let peer = socket.peerUsage { counters.removeStreamingCall(of: peer) }
    }
}

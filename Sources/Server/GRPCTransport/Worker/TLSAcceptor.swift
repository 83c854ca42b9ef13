// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TLSWire

/// Accepts TLS on the connections of a worker: has the certificates and the shared buffers, and bounds the handshakes
/// under way.
final class TLSAcceptor {
    /// For connections that come from now on; nil for plaintext.
    var context: TLSContext?
    private unowned let worker: Worker
    /// Made for the first connection with TLS, as are the steps.
    private lazy var buffers = TLSBuffers()
    private(set) lazy var steps = HandshakeSteps(on: worker.loop)
    private var handshakes = 0
    /// Where the next search for an old handshake starts.
    private var evictionHand = 0

    init(for worker: Worker) {
        self.worker = worker
        self.context = worker.configuration.tls
    }

    /// TLS for one socket; nil for plaintext.
    func makeLayer() -> TLSLayer? {
        context.map { TLSLayer($0, buffers, acceptsHTTP1: worker.routes.hasPages) }
    }

    /// Counts a handshake. When there are as many as there may be, an old one is evicted for it. False when that frees
    /// no place.
    func admitHandshake() -> Bool {
        let limit = worker.configuration.capacity.maxHandshakes
        if handshakes >= limit {
            let oldest = worker.connections.nextIdle(from: &evictionHand) { $0.isShakingHands }
            oldest?.evict(.tooManyHandshakes)
        }
        if handshakes >= limit { return false }
        handshakes += 1
        return true
    }

    /// A handshake that was admitted is over.
    func handshakeEnded() { handshakes -= 1 }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import SystemIO
import TLSWire

/// Takes the steps of a loop's TLS handshakes, one after the other, on a thread of its own with a low priority. A step
/// takes up to some milliseconds; the loop answers calls meanwhile.
///
/// Belongs to its loop. A session is lent to the thread for a step, and only that thread uses it until it comes back.
final class HandshakeSteps {
    private unowned let loop: EventLoop
    private let ownThread: EventLoop?
    private var queue = HandshakeQueue<PeerAddress.Network, IncomingConnection>()
    private var isStepping = false

    /// Starts the thread. Where there can be none, steps are taken on the loop, one in a tick.
    init(on loop: EventLoop) {
        self.loop = loop
        self.ownThread = (try? EventLoopGroup(count: 1, name: "handshakes", niceness: 10))?.loops[0]
    }

    deinit { ownThread?.stop() }

    /// Queues a step of this client's handshake.
    func add(_ client: IncomingConnection) {
        queue.add(client, of: client.network, hasBegun: client.hasAnswered)
        startNext()
    }

    /// The client has left.
    func remove(_ client: IncomingConnection) {
        queue.remove(client, of: client.network, hasBegun: client.hasAnswered)
    }

    private func startNext() {
        guard !isStepping, let client = queue.next(), let session = client.socket.lendTLS() else {
            return
        }
        isStepping = true
        let thread = ownThread ?? loop
        let (lent, home) = (LoopBound(session, on: thread), LoopBound((self, client), on: loop))
        thread.post {
            let session = lent.value
            let start = MonotonicTime.now()
            let outcome: Result<Bool, TLSFailure>
            do throws(TLSFailure) {
                outcome = .success(try session.handshake())
            } catch {
                outcome = .failure(error)
            }
            let cost = (MonotonicTime.now() - start).wholeNanoseconds
            let back = LoopBound(session, on: home.loop)
            home.loop.post {
                let (steps, client) = home.value
                steps.ended(client, back.value, outcome, cost)
            }
        }
    }

    private func ended(
        _ client: IncomingConnection, _ session: TLSSession, _ outcome: Result<Bool, TLSFailure>,
        _ cost: Int64
    ) {
        isStepping = false
        queue.charge(cost, to: client.network, hasBegun: client.hasAnswered)
        startNext()
        client.stepEnded(session, outcome)
    }
}

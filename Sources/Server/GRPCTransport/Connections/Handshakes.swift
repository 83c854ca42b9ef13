// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import SystemIO
import TLSWire

/// The TLS handshakes of a loop's connections, one step at a time on a thread of their own, which gives way to all
/// others: a step takes up to some milliseconds, and the loop answers calls meanwhile.
///
/// Belongs to its loop. A session is lent to the thread for a step, and only that thread touches it until it comes back.
final class Handshakes {
    private unowned let loop: EventLoop
    private let ownThread: EventLoop?
    private var queue = HandshakeQueue<PeerAddress.Network, IncomingConnection>()
    private var isWorking = false

    /// Starts the thread. Without one, steps are taken on the loop, one in a turn.
    init(for loop: EventLoop) {
        self.loop = loop
        self.ownThread = (try? EventLoopGroup(count: 1, name: "handshakes", niceness: 10))?.loops[0]
    }

    deinit { ownThread?.stop() }

    /// Has a step of this client's handshake taken when it is its turn.
    func add(_ client: IncomingConnection) {
        queue.add(client, of: client.network, hasBegun: client.hasAnswered)
        goOn()
    }

    /// The client has left.
    func remove(_ client: IncomingConnection) {
        queue.remove(client, of: client.network, hasBegun: client.hasAnswered)
    }

    private func goOn() {
        guard !isWorking, let client = queue.next(), let session = client.socket.lendTLS() else {
            return
        }
        isWorking = true
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
                let (handshakes, client) = home.value
                handshakes.ended(client, back.value, outcome, cost)
            }
        }
    }

    private func ended(
        _ client: IncomingConnection, _ session: TLSSession, _ outcome: Result<Bool, TLSFailure>,
        _ cost: Int64
    ) {
        isWorking = false
        queue.charge(cost, to: client.network, hasBegun: client.hasAnswered)
        goOn()
        client.stepEnded(session, outcome)
    }
}

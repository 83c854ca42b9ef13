// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire
import HTTP2Wire
import SystemIO

/// One HTTP/2 client: a socket, a session and its calls. Belongs to one loop.
///
/// Each tick: receive what is there -> events -> calls -> gather their frames -> one send.
final class ServerConnection: SpokenConnection {
    let worker: Worker
    let session: HTTP2Session
    let socket: ConnectionSocket
    var clock: ConnectionClock
    var abuse: AbusePolicy
    var shutdown = GracefulShutdown()
    var deferred = DeferredEnds()
    var isFlushScheduled = false
    /// The client sends no more, or we cannot serve it any more: closed when all output has been sent.
    var isPeerDone = false
    /// Another connection has taken over the socket.
    var hasEnded = false
    /// Bytes of unfinished requests that this connection's calls hold.
    var heldRequestBytes = 0 {
        didSet {
            let change = heldRequestBytes - oldValue
            if change != 0 { worker.counters.changeHeldBytes(by: change) }
        }
    }
    /// Calls of this connection that stream their answer.
    var streamingCalls = 0

    /// Takes over a socket on which the preface has come. Our SETTINGS go out with the first answer.
    init(
        _ socket: ConnectionSocket, accepted: MonotonicTime, _ worker: Worker
    ) throws(HTTP2Error) {
        let configuration = worker.configuration
        var settings = configuration.settings
        settings.unreadHeaders = RequestHead.unreadHeaders
        settings.keepsStreamWindows = true
        let owner = Owner()
        self.session = try HTTP2Session.make(
            .server, settings: settings, memory: worker.scratch.memory
        ) { CallStream(id: $0, on: owner.connection.unsafelyUnwrapped) }
        self.socket = socket
        self.worker = worker
        self.clock = ConnectionClock(
            configuration.timeouts, accepted: accepted, jitter: .random(in: 0...1))
        self.abuse = AbusePolicy(configuration.abuse, at: accepted)
        owner.connection = self
    }

    /// Names the connection to its session, which is made before it.
    private final class Owner {
        unowned var connection: ServerConnection?
    }

    var isOpen: Bool { !hasEnded && socket.isOpen }
    /// The client is on this machine.
    var isPeerLocal: Bool { socket.address.isLocal }

    func ready(_ readiness: Readiness) {
        if readiness.contains(.readable) || !readiness.isDisjoint(with: .broken) {
            receive()
        } else if readiness.contains(.writable) {
            flush()
        }
    }

    // MARK: Input

    private func receive() {
        // A connection may be closed by its own events; nothing after that touches it.
        guard isOpen else { return }
        // It only waits until its last bytes are sent, and now they cannot be.
        if isPeerDone { return close() }
        do throws(SocketFailure) {
            switch try socket.receive({ take($0) }) {
            case .all: flush()
            case .full: try receiveMore()
            case .end: clientEnded()
            }
        } catch {
            fail(error)
        }
    }

    /// Reads on while there is more, for a time slice; all of it is answered together.
    private func receiveMore() throws(SocketFailure) {
        let slice = TimeSlice()
        var latest = ConnectionSocket.Received.full
        while isOpen, latest == .full, !slice.isOver {
            latest = try socket.receive { take($0) }
        }
        if latest == .end { clientEnded() } else { flush() }
    }

    func clientEnded() {
        isPeerDone = true
        flush()
    }

    func process(_ bytes: UnsafeRawBufferPointer) {
        take(bytes)
        flush()
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        guard isOpen else { return }
        clock.received(at: worker.loop.now)
        do throws(HTTP2Error) {
            try session.receive(bytes, into: worker.scratch.batch)
        } catch {
            for case .streamClosed(let stream, _) in worker.scratch.batch.events {
                CallStream.of(stream).closed()
            }
            return drop(.violation, detail: error.text)
        }
        let batch = worker.scratch.batch
        for index in batch.events.indices { handle(batch.events[index]) }
        batch.reset()
        if socket.isSecure { session.charge(socket.takeIdleFrames()) }
        if session.costs.unproductiveFrames > 0 { judgeCosts() }
    }

    private func judgeCosts() {
        if let reason = abuse.judge(session.takeCosts(), at: worker.loop.now) { drop(reason) }
    }

    /// Lends `body` what all clients may still spend on decompression. 16 KiB of that cost this client a frame.
    func withDecompressionBudget<Result, Failure: Error>(
        _ body: (inout Int) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let before = worker.decompression.left(at: worker.loop.now)
        var left = before
        defer {
            worker.decompression.spend(before - left)
            session.charge(UInt32(clamping: (before - left) >> 14))
        }
        return try body(&left)
    }

    /// What its peer uses. Throws for a provisional connection when there is still no place for it.
    func requireAdmission() throws(Status) -> PeerUsage {
        if let peer = socket.peerUsage ?? worker.admission.confirm(socket) { return peer }
        throw Status(
            .resourceExhausted,
            "the server has no place for this connection, and serves short calls only on it; retry later"
        )
    }

    func handle(_ event: HTTP2Event) {
        switch event {
        case .headers(let stream, let block, let endStream):
            CallStream.of(stream).received(block, endStream: endStream)
        case .data(let stream, let bytes, let endStream):
            CallStream.of(stream).received(bytes, endStream: endStream)
        case .trailers(let stream, _):
            // gRPC clients send none; to a server they only mean the end of the request.
            let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
            CallStream.of(stream).received(nothing, endStream: true)
        case .streamClosed(let stream, _):
            CallStream.of(stream).closed()
        case .pingAcknowledged(let payload):
            if payload == GracefulShutdown.ping { shutdownAnswered() }
        case .settings: clock.established()
        case .goAway: break
        }
    }
}

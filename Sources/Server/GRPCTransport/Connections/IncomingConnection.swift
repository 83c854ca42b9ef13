// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP1Wire
import HTTPRouting
import Logging
import SystemIO
import TLSWire

/// A connection whose protocol is not known yet: during the TLS handshake, or until the first bytes. It has no session: a
/// client that sends nothing costs a socket and this object.
final class IncomingConnection: Connection {
    let socket: ConnectionSocket
    private let worker: Worker
    private let accepted: MonotonicTime
    private var sniffer = ProtocolSniffer()
    private var shutdownSince: MonotonicTime?
    private(set) var isShakingHands = false
    /// The handshake of TLS is over; without an agreement on HTTP/2, the first bytes have to come.
    private var isTLSAgreed = false
    /// A step of its handshake is queued, or being taken.
    private var isStepping = false
    /// A step of its handshake has been taken, and was not the last.
    private(set) var hasAnswered = false
    /// A ``LingeringConnection`` has taken over the socket.
    private var hasEnded = false

    static func start(
        _ descriptor: consuming FileDescriptor, _ address: PeerAddress, _ peerUsage: PeerUsage?,
        _ worker: Worker
    ) throws(SystemCallError) -> IncomingConnection {
        let socket = ConnectionSocket(descriptor, address, peerUsage, worker)
        let connection = IncomingConnection(socket, worker)
        try socket.setHandler(connection)
        return connection
    }

    private init(_ socket: ConnectionSocket, _ worker: Worker) {
        self.socket = socket
        self.worker = worker
        self.accepted = worker.loop.now
    }

    func ready(_ readiness: Readiness) {
        if socket.isSecure, !isTLSAgreed { return receiveHandshake() }
        receive { body throws(SocketFailure) in
            guard try socket.flush() else { return false }
            return try socket.receive(body) == .end
        }
    }

    /// Finds out the protocol in the bytes that `read` gives; it returns true at their end.
    private func receive(
        _ read: ((UnsafeRawBufferPointer) -> Void) throws(SocketFailure) -> Bool
    ) {
        var successor: (any SpokenConnection)?
        do throws(SocketFailure) {
            let isEnd = try read { bytes in
                if let successor {
                    successor.process(bytes)
                } else if socket.isOpen, !hasEnded {
                    successor = promote(bytes)
                }
            }
            guard isEnd else { return }
            if let successor { successor.clientEnded() } else if !hasEnded { close() }
        } catch {
            // The successor shares the socket, and closes it.
            guard let successor else { return fail(error) }
            if let reason = error.reason { record(reason, detail: error.text) }
            successor.close()
        }
    }

    private func fail(_ failure: SocketFailure) {
        if let reason = failure.reason { record(reason, detail: failure.text) }
        switch failure {
        case .plaintextHTTP: answer(.wantsTLS)
        // A reset must not overtake the alert that says why.
        case .tls: linger()
        case .lost, .heldBytes: close()
        }
    }

    // MARK: The handshake of TLS

    /// Receives bytes for a step of the handshake, and queues the step.
    private func receiveHandshake() {
        // The client has left before its step was taken.
        if isStepping { return close() }
        do throws(SocketFailure) {
            guard try socket.flush(), let received = try socket.receiveHandshake() else { return }
            guard received != .end else { return close() }
            guard isShakingHands || startHandshake() else { return }
            isStepping = true
            // With our answer, the client may send its last bytes and end its side: that is no reason to close.
            try socket.setInterest(hasAnswered ? [] : .ended)
            worker.tls.steps.add(self)
        } catch {
            fail(error)
        }
    }

    /// The session comes back from a step; `outcome` is true when it was the last.
    func stepEnded(_ session: TLSSession, _ outcome: Result<Bool, TLSFailure>) {
        guard socket.isOpen, !hasEnded else { return }
        (isStepping, hasAnswered) = (false, true)
        socket.takeBack(session)
        do throws(SocketFailure) {
            try socket.setInterest(.readable)
            let isOver: Bool
            switch outcome {
            case .success(let value): isOver = value
            case .failure(let failure): throw .tls(failure)
            }
            _ = try socket.send(Self.nothing)
            if isOver { agreed() }
        } catch {
            fail(error)
        }
    }

    private static var nothing: UnsafeRawBufferPointer { .init(start: nil, count: 0) }

    /// The handshake is over; first bytes of the protocol may have come.
    private func agreed() {
        isTLSAgreed = true
        endHandshake(hasSucceeded: true)
        receive { body throws(SocketFailure) in
            if socket.isHTTP2Agreed { body(Self.nothing) }
            return try !socket.receiveRest(body)
        }
    }

    // MARK: The protocol

    /// Tells the client in plaintext what is wrong, and closes.
    private func answer(_ response: HTTPResponse) {
        do throws(SocketFailure) {
            let output = worker.scratch.output
            defer { output.removeAll() }
            HTTP1HeadWriter.write(
                response, .length(response.body.count), .ends, date: worker.date, to: output)
            output.write(response.body)
            try socket.sendWithoutTLS(output.bytes)
            linger()
        } catch {
            close()
        }
    }

    private func linger() {
        endHandshake()
        guard socket.isOpen else { return }
        hasEnded = true
        LingeringConnection.take(over: self, socket, worker)
    }

    /// False when it was refused, and the connection is closed.
    private func startHandshake() -> Bool {
        isShakingHands = worker.tls.admitHandshake()
        if isShakingHands { return true }
        record(.tooManyHandshakes)
        close()
        return false
    }

    private func endHandshake(hasSucceeded: Bool = false) {
        if isStepping { worker.tls.steps.remove(self) }
        isStepping = false
        if isShakingHands {
            worker.tls.handshakeEnded()
            if !hasSucceeded {
                worker.traffic.failedHandshakes += 1
            } else if socket.isResumed {
                worker.traffic.resumedHandshakes += 1
            } else {
                worker.traffic.handshakes += 1
            }
        }
        isShakingHands = false
    }

    /// Finds out the protocol. Returns the connection for it, once it is certain.
    private func promote(_ bytes: UnsafeRawBufferPointer) -> (any SpokenConnection)? {
        switch socket.isHTTP2Agreed ? .http2 : sniffer.receive(bytes) {
        case .undecided: return nil
        case .http2:
            // TLS needs an agreement (RFC 9113, 3.2).
            if socket.isSecure, !socket.isHTTP2Agreed {
                fail(.tls(.noHTTP2))
                return nil
            }
            return become(bytes) { try ServerConnection(socket, accepted: accepted, worker) }
        case .http1: return become(bytes) { HTTP1Connection(socket, worker) }
        case .tls where !socket.isSecure:
            record(.notHTTP, detail: "the client speaks TLS")
            answer(.wantsPlaintext)
            return nil
        case .neither, .tls:
            // There is no answer that its client would understand.
            record(.notHTTP)
            close()
            return nil
        }
    }

    private func become(
        _ bytes: UnsafeRawBufferPointer, _ make: () throws -> any SpokenConnection
    ) -> (any SpokenConnection)? {
        do {
            let successor = try make()
            try socket.setHandler(successor)
            worker.replace(self, with: successor)
            endHandshake(hasSucceeded: true)
            sniffer.taken.withUnsafeBytes { if !$0.isEmpty { successor.process($0) } }
            successor.process(bytes)
            if shutdownSince != nil { successor.startShutdown() }
            return successor
        } catch {
            worker.logger.warning("connection refused", metadata: ["error": "\(error)"])
            close()
            return nil
        }
    }

    func sweep(at now: MonotonicTime) {
        let limits = worker.configuration.timeouts
        if limits.handshake.hasPassed(since: accepted, at: now) {
            record(.handshakeTimeout)
            close()
        } else if limits.goAwayGrace.hasPassed(since: shutdownSince, at: now) {
            close()
        }
    }

    /// Bytes that have come are still processed: they may be a call of a client that came in time.
    func startShutdown() {
        shutdownSince = shutdownSince ?? worker.loop.now
    }

    var idleStart: MonotonicTime? { accepted }

    /// Handshakes are fair between networks.
    var network: PeerAddress.Network { socket.address.network }

    func evict(_ reason: DropReason) {
        record(reason)
        close()
    }

    func close() {
        endHandshake()
        guard socket.isOpen else { return }
        socket.close()
        worker.remove(self)
    }

    private func record(_ reason: DropReason, detail: String? = nil) {
        worker.drops.record(reason, peer: socket.peer, detail: detail, at: worker.loop.now)
    }
}

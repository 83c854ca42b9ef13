// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import SystemIO
import TLSWire

/// A connection before it is known what is spoken on it: the TLS handshake, then the first bytes. It holds no
/// session yet: a client that says nothing costs a socket and this object.
final class IncomingConnection: Connection {
    private let socket: ConnectionSocket
    private let context: LoopContext
    private let accepted: MonotonicTime
    /// The start of a preface.
    private var held: [UInt8] = []
    private var shutdownSince: MonotonicTime?

    static func start(
        _ descriptor: consuming FileDescriptor, _ context: LoopContext
    ) throws -> IncomingConnection {
        let socket = try ConnectionSocket(descriptor, context)
        let connection = IncomingConnection(socket, context)
        try socket.setHandler(connection)
        return connection
    }

    private init(_ socket: ConnectionSocket, _ context: LoopContext) {
        self.socket = socket
        self.context = context
        self.accepted = context.loop.now
    }

    func ready(_ readiness: Readiness) {
        // A handshake is dear. One in a turn: the calls of other connections come between two of them, and the
        // kernel tells us of this one again.
        if socket.isSecure, !context.takeHandshake() { return }
        var successor: (any SpokenConnection)?
        do throws(SocketFailure) {
            guard try socket.flush() else { return }
            let isOpen = try socket.receive { bytes in
                if let successor {
                    successor.process(bytes)
                } else if socket.isOpen {
                    successor = promote(bytes)
                }
            }
            if let successor {
                if !isOpen { successor.clientEnded() }
            } else if socket.isOpen {
                // What the TLS handshake has to say.
                _ = try socket.send(UnsafeRawBufferPointer(start: nil, count: 0))
                if !isOpen { close() }
            }
        } catch {
            if let reason = error.reason { record(reason, detail: error.text) }
            // The successor shares the socket, and finds out for itself.
            successor.map { $0.close() } ?? close()
        }
    }

    /// Finds out what is spoken; the connection that speaks it, once that is sure.
    private func promote(_ bytes: UnsafeRawBufferPointer) -> (any SpokenConnection)? {
        var first = held
        first.append(contentsOf: bytes.prefix(ConnectionPreface.size - held.count))
        switch ConnectionPreface.judge(first) {
        case .incomplete:
            held = first
            return nil
        case .other:
            record(.notHTTP)
            refuse()
            return nil
        case .http2:
            return become(first, bytes) { try ServerConnection($0, accepted: $1, $2) }
        }
    }

    private func become(
        _ first: [UInt8], _ bytes: UnsafeRawBufferPointer,
        _ make: (ConnectionSocket, MonotonicTime, LoopContext) throws -> any SpokenConnection
    ) -> (any SpokenConnection)? {
        do {
            let successor = try make(socket, accepted, context)
            try socket.setHandler(successor)
            context.replace(self, with: successor)
            let rest = UnsafeRawBufferPointer(rebasing: bytes[(first.count - held.count)...])
            first.withUnsafeBytes { successor.process($0) }
            if rest.count > 0 { successor.process(rest) }
            if shutdownSince != nil { successor.startShutdown() }
            return successor
        } catch {
            context.logger.warning("connection refused", metadata: ["error": "\(error)"])
            close()
            return nil
        }
    }

    /// Tells an HTTP/2 client what is wrong, and others nothing that they would understand.
    private func refuse() {
        ConnectionPreface.refusal.withUnsafeBytes { _ = try? socket.send($0) }
        close()
    }

    func look(at now: MonotonicTime) {
        let configuration = context.configuration
        let isLate =
            configuration.handshakeTimeout > .zero
            && now - accepted >= configuration.handshakeTimeout
        if isLate {
            record(.handshakeTimeout)
            close()
        } else if let shutdownSince, now - shutdownSince >= configuration.goAwayGrace {
            close()
        }
    }

    /// What it sent already is still looked at: it may be a call of a client that came in time.
    func startShutdown() {
        if socket.isSecure { return close() }
        shutdownSince = shutdownSince ?? context.loop.now
    }

    var idleStart: MonotonicTime? { accepted }

    func evict() {
        record(.evicted)
        close()
    }

    func close() {
        guard socket.isOpen else { return }
        socket.close()
        context.forget(self)
    }

    private func record(_ reason: DropReason, detail: String? = nil) {
        context.drops.record(reason, peer: socket.peer, detail: detail, at: context.loop.now)
    }
}

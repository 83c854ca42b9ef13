// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import ByteStream
package import EventLoops
package import SystemIO
package import TLSWire

/// A connection that a loop has opened, with or without TLS. Belongs to the loop.
package final class OutboundConnection: EventHandler {
    /// What happens to it.
    package enum Event {
        /// It can be used.
        case opened
        /// Bytes of the peer, valid during the call.
        case received(UnsafeRawBufferPointer)
        /// It cannot be used any more; comes once, instead of ``opened`` or after it.
        case ended(OutboundFailure)
    }

    private enum Phase { case connecting, handshaking, open }

    /// Called with the events, until the connection is closed.
    package var onEvent: ((Event) -> Void)?
    private var socket: StreamSocket
    private let loop: EventLoop
    private let buffer: ReceiveBuffer
    private var registration: EventLoop.Registration?
    private var phase = Phase.connecting
    private var isWaitingToSend = true

    /// Starts to connect.
    package static func open(
        _ address: SocketAddress, tls: TLSSession?, on loop: EventLoop, _ buffer: ReceiveBuffer
    ) throws(OutboundFailure) -> OutboundConnection {
        do throws(SystemCallError) {
            // Also when it is connected at once: the socket is then writable in the next tick.
            let connection = OutboundConnection(
                try StreamSocket.connect(to: address, tls: tls), loop, buffer)
            connection.registration = try loop.register(
                connection.socket.rawDescriptor, .writable, connection)
            return connection
        } catch {
            throw .unreachable(reason: error.text)
        }
    }

    private init(
        _ socket: consuming StreamSocket, _ loop: EventLoop, _ buffer: ReceiveBuffer
    ) {
        self.socket = socket
        self.loop = loop
        self.buffer = buffer
    }

    /// For its owner: of which parameters it was opened.
    package var generation = 0

    private var hasLostBytes = false

    /// Whether all bytes were sent, so that another request may follow.
    package var canBeKept: Bool { !socket.hasUnsent && !hasLostBytes }

    /// Sends bytes, now or when the kernel takes them.
    package func send(_ bytes: [UInt8]) {
        guard registration != nil else { return }
        do throws(StreamError) {
            try socket.write(bytes)
            flush()
        } catch {
            end(.unreachable(reason: error.text))
        }
    }

    /// What TLS has agreed on; nil without it.
    package var agreement: TLSAgreement? { socket.agreement }

    /// Days that the peer's certificate is still valid; nil without one.
    package var peerCertificateDays: Int? { socket.peerCertificateDays }

    /// Begins TLS on a connection that was plaintext until now; ``Event/opened`` comes again when the handshake is over.
    package func startTLS(_ target: OutboundTarget) throws(OutboundFailure) {
        guard let session = try target.session() else { return }
        socket.startTLS(session)
        phase = .handshaking
        beginHandshake()
    }

    /// Closes it now, without an event.
    package func close() {
        guard let registration else { return }
        self.registration = nil
        onEvent = nil
        loop.deregister(registration)
        socket.close()
    }

    package func ready(_ readiness: Readiness) {
        if phase == .connecting { return connected() }
        if readiness.contains(.writable) { flush() }
        if readiness.contains(.readable) || !readiness.isDisjoint(with: .broken) { receive() }
    }

    private func end(_ failure: OutboundFailure) {
        guard registration != nil else { return }
        let onEvent = onEvent
        close()
        onEvent?(.ended(failure))
    }

    // MARK: Opening

    private func connected() {
        if let errno = socket.finishConnecting() {
            return end(.unreachable(reason: "connect: \(errno.text)"))
        }
        guard socket.isSecure else {
            // What its owner sends, or that it is closed, comes before the loop is told what to wait for.
            phase = .open
            onEvent?(.opened)
            return flush()
        }
        phase = .handshaking
        beginHandshake()
    }

    private func beginHandshake() {
        do throws(StreamError) {
            _ = try socket.readReceived(into: buffer.bytes)
            flush()
            openIfReady()
        } catch {
            failed(error)
        }
    }

    private func openIfReady() {
        guard registration != nil, phase == .handshaking, socket.isOpen else { return }
        flush()
        phase = .open
        onEvent?(.opened)
    }

    // MARK: In

    /// Receives once; whether bytes came.
    @discardableResult
    private func receive() -> Bool {
        guard registration != nil else { return false }
        do throws(StreamError) {
            var reading: StreamSocket.Reading? = try socket.receive(into: buffer.bytes)
            if reading == .wouldBlock { return false }
            while registration != nil {
                openIfReady()
                switch reading {
                case .bytes(let count)?:
                    onEvent?(.received(UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count])))
                    if !socket.isSecure { return true }
                case .endOfFile?:
                    lost()
                    return false
                default:
                    flush()
                    return true
                }
                reading = try socket.readReceived(into: buffer.bytes)
            }
            return true
        } catch {
            failed(error)
        }
        return false
    }

    private func failed(_ error: StreamError) {
        switch error {
        case .system: lost()
        case .tls:
            flush()  // the alert that says why
            end(.unreachable(reason: error.text))
        }
    }

    private func lost() {
        end(
            phase == .open
                ? .cutOff
                : .unreachable(reason: "TLS: it closed the connection during the handshake"))
    }

    // MARK: Out

    private func flush() {
        do throws(SystemCallError) {
            _ = try socket.flush()
        } catch {
            sendingFailed(error)
        }
        guard let registration, isWaitingToSend != socket.hasUnsent else { return }
        isWaitingToSend.toggle()
        // Fails only for a descriptor that is not registered.
        try? loop.modify(registration, isWaitingToSend ? [.readable, .writable] : .readable)
    }

    /// The kernel need not report the failure again, so nothing may wait for that. The peer may have sent a
    /// reason before it closed the connection: that is read first.
    private func sendingFailed(_ error: SystemCallError) {
        hasLostBytes = true
        loop.atEndOfTick { [weak self] in
            guard let self else { return }
            var reads = 0
            while reads < Self.lastReads, receive() { reads += 1 }
            end(.unreachable(reason: error.text))
        }
    }

    /// Reads of the reason at most: 1 MiB.
    private static let lastReads = 64
}

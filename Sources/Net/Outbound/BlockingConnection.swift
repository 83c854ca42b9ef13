// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import ByteStream
import CLinux
package import SystemIO
package import TLSWire

/// A connection, with or without TLS, whose owner waits for it: for a program that asks once and exits. Without an event loop
/// and without a thread; every wait has a deadline.
package final class BlockingConnection {
    /// What a wait came to.
    package enum Event {
        /// Bytes of the peer, valid until the next call.
        case received(UnsafeRawBufferPointer)
        /// Nothing came until the deadline.
        case timedOut
        /// It cannot be used any more.
        case ended(OutboundFailure)
    }

    private var socket: StreamSocket
    private let buffer = ReceiveBuffer()
    /// Bytes that came with the end of the handshake, in the buffer.
    private var early = 0

    /// Connects to a target, and blocks until the connection can be used, `deadline` at most. Resolves a name on this thread.
    package static func open(
        _ target: OutboundTarget, until deadline: MonotonicTime
    ) throws(OutboundFailure) -> BlockingConnection {
        if let address = target.place.onlyAddress {
            return try open(target, at: address, until: deadline)
        }
        var dial = try BlockingDial(target, until: deadline)
        return try dial.run()
    }

    /// The same without a race, whose arrays take longer than all else where there is one address.
    private static func open(
        _ target: OutboundTarget, at address: SocketAddress, until deadline: MonotonicTime
    ) throws(OutboundFailure) -> BlockingConnection {
        let connection = try BlockingConnection(address, for: target)
        var isUsable = connection.isConnecting ? false : try connection.advance()
        while !isUsable {
            guard connection.wait(until: deadline) else {
                throw .unreachable(reason: connection.missing)
            }
            isUsable = try connection.advance()
        }
        return connection
    }

    /// Starts to connect to one address of a target.
    init(_ address: SocketAddress, for target: OutboundTarget) throws(OutboundFailure) {
        let tls = target.startsInPlaintext ? nil : try target.session()
        do throws(SystemCallError) {
            socket = try StreamSocket.connect(to: address, tls: tls)
        } catch {
            throw .unreachable(reason: error.text)
        }
    }

    /// For questions to the kernel about the connection.
    package var descriptor: CInt { socket.rawDescriptor }

    /// What TLS has agreed on; nil without it.
    package var agreement: TLSAgreement? { socket.agreement }

    /// Days that the peer's certificate is still valid; nil without one.
    package var peerCertificateDays: Int? { socket.peerCertificateDays }

    // MARK: Opening

    /// What to wait for, for `poll`.
    var interest: pollfd {
        let isSending = socket.isConnecting || socket.hasUnsent
        let events = (socket.isConnecting ? 0 : POLLIN) | (isSending ? POLLOUT : 0)
        return pollfd(fd: socket.rawDescriptor, events: Int16(events), revents: 0)
    }

    /// The kernel is connecting: nothing to do until the descriptor is ready.
    var isConnecting: Bool { socket.isConnecting }

    /// What did not come, where the time to open it is over.
    var missing: String {
        isConnecting ? "no connection" : "connected, but no end of the TLS handshake"
    }

    /// Goes on with opening when the descriptor is ready; whether the connection can be used.
    func advance() throws(OutboundFailure) -> Bool {
        if socket.isConnecting {
            if let errno = socket.finishConnecting() {
                throw .unreachable(reason: "connect: \(errno.text)")
            }
        }
        if socket.isOpen { return true }
        do throws(StreamError) {
            // The first time there is nothing to receive, and the handshake begins.
            switch try socket.receive(into: buffer.bytes) {
            case .bytes(let count): early = count
            case .endOfFile: throw StreamError.system(SystemCallError("recv", .connectionReset))
            case .noPlaintext: break
            case .wouldBlock: _ = try socket.readReceived(into: buffer.bytes)
            }
            flush()
        } catch {
            throw failure(error, whileOpening: true)
        }
        return socket.isOpen
    }

    /// Begins TLS on a connection that was plaintext until now, and blocks until the handshake is over.
    package func startTLS(
        _ target: OutboundTarget, until deadline: MonotonicTime
    ) throws(OutboundFailure) {
        guard let session = try target.session() else { return }
        socket.startTLS(session)
        while try !advance() {
            guard wait(until: deadline) else {
                throw .unreachable(reason: "no end of the TLS handshake")
            }
        }
    }

    // MARK: The conversation

    /// Sends bytes, as many as the kernel takes now; ``next(until:)`` sends the rest.
    package func send(_ bytes: [UInt8]) throws(OutboundFailure) {
        do throws(StreamError) {
            try socket.write(bytes)
            flush()
        } catch {
            throw failure(error)
        }
    }

    /// Blocks until something comes.
    package func next(until deadline: MonotonicTime) -> Event {
        do throws(StreamError) {
            if early > 0 {
                defer { early = 0 }
                return received(early)
            }
            var reading = try socket.readReceived(into: buffer.bytes)
            while true {
                switch reading {
                case .bytes(let count)?: return received(count)
                case .endOfFile?: return .ended(.cutOff)
                case .noPlaintext?, .wouldBlock?, nil: break
                }
                flush()
                guard wait(until: deadline) else { return .timedOut }
                flush()
                reading = try socket.receive(into: buffer.bytes)
            }
        } catch {
            return .ended(failure(error))
        }
    }

    /// Says that no more will be sent.
    package func close() { socket.close() }

    private func received(_ count: Int) -> Event {
        .received(UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count]))
    }

    /// A failure to send is no end: the peer may have said why before it closed the connection, and that is read first.
    private func flush() { _ = try? socket.flush() }

    private func failure(
        _ error: StreamError, whileOpening: Bool = false
    ) -> OutboundFailure {
        switch error {
        case .system where whileOpening:
            return .unreachable(reason: "TLS: it closed the connection during the handshake")
        case .system: return .cutOff
        case .tls:
            flush()  // the alert that says why
            return .unreachable(reason: error.text)
        }
    }

    /// False when the deadline has passed.
    private func wait(until deadline: MonotonicTime) -> Bool {
        var entry = interest
        while true {
            let now = MonotonicTime.now()
            if now >= deadline { return false }
            if poll(&entry, 1, deadline.pollTimeout(from: now)) > 0 { return true }
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import HTTP2Wire
import SystemIO
import TLSWire

/// A socket to the server and the HTTP/2 session on it, driven by one thread that waits no longer than it is told.
///
/// The session only makes bytes and events; everything that blocks is here.
struct ProbeConnection: ~Copyable {
    let session: HTTP2Session
    private let batch = HTTP2EventBatch()
    /// Between the socket and the session, when there is TLS.
    let tls: TLSSession?
    private let descriptor: FileDescriptor
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16_384, alignment: 8)
    private var plaintextCount = 0
    private var firstByte: UInt8?
    /// The server takes nothing any more: what it has said is all that it will say.
    private var isGone = false
    /// The kernel has not connected the socket yet.
    private(set) var isConnecting: Bool

    deinit { buffer.deallocate() }

    private init(
        _ descriptor: consuming FileDescriptor, _ session: HTTP2Session, _ tls: TLSSession?,
        isConnecting: Bool
    ) {
        self.descriptor = descriptor
        self.session = session
        self.tls = tls
        self.isConnecting = isConnecting
    }

    /// Starts to connect to `address`; the session's preface and SETTINGS wait to be sent, through `tls` if there
    /// is one.
    static func open(
        _ address: SocketAddress, tls: TLSSession?
    ) throws(ProbeCause) -> ProbeConnection {
        let descriptor = try socket(for: address)
        let isConnecting = try startConnecting(descriptor, to: address) == .inProgress
        do throws(HTTP2Error) {
            return ProbeConnection(
                descriptor, try .make(.client), tls, isConnecting: isConnecting)
        } catch {
            throw .http2(text: error.text)
        }
    }

    /// What poll waits on.
    var rawDescriptor: CInt { descriptor.rawValue }

    /// Waits until the kernel has connected the socket. False when `deadline` passed first.
    mutating func finishConnecting(
        to address: SocketAddress, until deadline: MonotonicTime
    ) throws(ProbeCause) -> Bool {
        guard Self.wait(for: descriptor, POLLOUT, until: deadline) else { return false }
        if let errno = descriptor.pendingError() { throw .connect(to: address.text, errno) }
        isConnecting = false
        return true
    }

    /// The connection goes to the machine that it comes from.
    func isToThisMachine(_ address: SocketAddress) -> Bool {
        if !address.isTCP || address.isLoopback { return true }
        do throws(SystemCallError) {
            return try descriptor.localAddress().isSameHost(as: address)
        } catch {
            return false
        }
    }

    private static func socket(
        for address: SocketAddress
    ) throws(ProbeCause) -> FileDescriptor {
        do throws(SystemCallError) {
            return try FileDescriptor.streamSocket(for: address)
        } catch {
            throw .system(error)
        }
    }

    private static func startConnecting(
        _ descriptor: borrowing FileDescriptor, to address: SocketAddress
    ) throws(ProbeCause) -> FileDescriptor.Connecting {
        do throws(SystemCallError) {
            return try descriptor.connect(to: address)
        } catch {
            // EAGAIN is a Unix socket's word for a full backlog.
            if error.errno == .wouldBlock { throw .backlogFull(of: address.text) }
            throw .connect(to: address.text, error.errno)
        }
    }

    /// What waiting for the server came to.
    enum Reception: Equatable {
        /// There are ``events``.
        case events
        case deadlinePassed
        /// The server sends no more.
        case endOfFile
    }

    /// What the latest exchange came to: events of the server's, then streams that our own answer closed.
    var events: ContiguousArray<HTTP2Event> { batch.events + session.closedWhileSending }

    /// Sends what waits to be sent, then receives once. The clock is looked at after each read: a server that talks
    /// all the time gets no more of it than a silent one.
    mutating func exchange(until deadline: MonotonicTime) throws(ProbeCause) -> Reception {
        batch.reset()
        session.closedWhileSending.removeAll()
        try sendAll(until: deadline)
        // Our GOAWAY is out: the server broke the protocol, and nothing more will come of it.
        if !session.wantsRead { throw .http2(text: breach) }
        // We have reset a stream.
        if !session.closedWhileSending.isEmpty { return .events }
        if let tls, let reception = try decrypt(tls, until: deadline) { return reception }
        repeat {
            switch try receive() {
            case .bytes(let count):
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                guard let tls else {
                    try process(bytes)
                    return .events
                }
                try tls.take(bytes)
                if let reception = try decrypt(tls, until: deadline) { return reception }
            case .endOfFile: return try ended()
            case .wouldBlock:
                if isGone { return try ended() }
                _ = Self.wait(for: descriptor, POLLIN, until: deadline)
            }
        } while .now() < deadline
        return .deadlinePassed
    }

    /// The rule that the server broke.
    private var breach: String {
        let text = session.violation?.text ?? session.lastViolation
        return "the server broke the protocol" + (text.map { " (\($0))" } ?? "")
    }

    /// No more will come.
    private func ended() throws(ProbeCause) -> Reception {
        if let tls, !tls.isEstablished { throw .tlsFailed(.closed) }
        return .endOfFile
    }

    /// Goes on with TLS as far as what has come allows; nil when the server has to send more.
    private mutating func decrypt(
        _ tls: TLSSession, until deadline: MonotonicTime
    ) throws(ProbeCause) -> Reception? {
        var reception: Reception?
        do throws(TLSFailure) {
            if try tls.handshake() {
                // What was received is with `tls`: the buffer is free for the plaintext.
                switch try tls.fill(buffer) {
                case .bytes(let count):
                    plaintextCount = count
                    reception = .events
                case .closed: reception = .endOfFile
                case .needsInput: break
                }
            }
        } catch {
            // The alert that tells the server why.
            try? sendAll(until: deadline)
            throw .tlsFailed(error)
        }
        if reception == .events {
            try process(UnsafeRawBufferPointer(rebasing: buffer[..<plaintextCount]))
        }
        if reception == nil { try sendAll(until: deadline) }
        return reception
    }

    private mutating func process(_ bytes: UnsafeRawBufferPointer) throws(ProbeCause) {
        let isFirst = firstByte == nil
        if isFirst { firstByte = bytes[0] }
        if isFirst, let cause = ProbeCause(greeting: bytes) { throw cause }
        do throws(HTTP2Error) {
            try session.receive(bytes, into: batch)
        } catch {
            throw .http2(text: error.text)
        }
    }

    private func receive() throws(ProbeCause) -> FileDescriptor.Transfer {
        do throws(SystemCallError) {
            return try descriptor.receive(into: buffer)
        } catch {
            if error.errno == .connectionReset { return .endOfFile }
            throw .system(error)
        }
    }

    /// Sends every frame that waits, in one call: frames sent one by one would meet delayed acknowledgements.
    private mutating func sendAll(until deadline: MonotonicTime) throws(ProbeCause) {
        var output: [UInt8] = []
        if tls?.isEstablished != false {
            do throws(HTTP2Error) {
                while let bytes = try session.nextOutput() { output.append(contentsOf: bytes) }
            } catch {
                throw .http2(text: error.text)
            }
        }
        if let tls { output = try tls.encrypt(output) }
        var sent = 0
        while sent < output.count {
            guard let count = try send(output[sent...]) else {
                isGone = true
                return
            }
            sent += count
            if count == 0, !Self.wait(for: descriptor, POLLOUT, until: deadline) { return }
        }
    }

    /// Bytes that the kernel took; nil when the server is gone, which the next receive explains.
    private func send(_ bytes: ArraySlice<UInt8>) throws(ProbeCause) -> Int? {
        do throws(SystemCallError) {
            let transfer = try bytes.withUnsafeBufferPointer { buffer throws(SystemCallError) in
                try descriptor.send(UnsafeRawBufferPointer(buffer))
            }
            if case .bytes(let count) = transfer { return count }
            return 0
        } catch {
            if error.errno == .brokenPipe || error.errno == .connectionReset { return nil }
            throw .system(error)
        }
    }

    /// False when the deadline passed first.
    private static func wait(
        for descriptor: borrowing FileDescriptor, _ events: CInt, until deadline: MonotonicTime
    ) -> Bool {
        while true {
            var entry = pollfd(fd: descriptor.rawValue, events: Int16(events), revents: 0)
            if poll(&entry, 1, deadline.pollTimeout(from: .now())) > 0 { return true }
            if .now() >= deadline { return false }
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP1Wire
import SystemIO
import TLSWire

/// Why a socket cannot be used any more.
enum SocketFailure: Error {
    case lost(SystemCallError)
    case tls(TLSFailure)
    /// The client sent HTTP/1.x without TLS to a port that requires TLS.
    case plaintextHTTP
    /// The kernel takes no more, and too many bytes are held for all clients together.
    case heldBytes

    var reason: DropReason? {
        switch self {
        case .lost: nil
        case .tls(.tooManyRecords): .flood
        case .tls, .plaintextHTTP: .tls
        case .heldBytes: .heldBytes
        }
    }

    var text: String {
        switch self {
        case .lost(let error): error.text
        case .tls(let failure): failure.text
        case .plaintextHTTP: TLSFailure.notTLS.text
        case .heldBytes: "\(DropReason.heldBytes.text)"
        }
    }
}

/// A client's socket, plaintext or with TLS. Belongs to one loop.
final class ConnectionSocket {
    private let descriptor: FileDescriptor
    private let tls: TLSLayer?
    private let worker: Worker
    private var registration: EventLoop.Registration?
    /// What the kernel did not take of the latest send. While it is not empty nothing is read or produced: a
    /// client that does not read holds at most this much of ours.
    private var unsent: [UInt8] = []
    private var unsentStart = 0
    /// What the handler is told of while nothing is unsent.
    private var restingInterest = Readiness.readable
    /// In the worker's table of connections.
    var slot = Int.max
    let address: PeerAddress
    /// What its peer uses; nil while the connection is provisional, for its first call.
    var peerUsage: PeerUsage?

    /// Takes over an accepted socket and tells `handler` when it is ready.
    init(
        _ descriptor: consuming FileDescriptor, _ address: PeerAddress, _ peerUsage: PeerUsage?,
        _ worker: Worker
    ) {
        self.address = address
        self.peerUsage = peerUsage
        self.tls = worker.tls.makeLayer()
        self.descriptor = descriptor
        self.worker = worker
    }

    deinit { forgetUnsent() }

    /// Has another handler told when the socket is ready.
    func setHandler(_ handler: any EventHandler) throws(SystemCallError) {
        if let registration {
            worker.loop.replaceHandler(of: registration, with: handler)
        } else {
            registration = try worker.loop.register(descriptor.rawValue, .readable, handler)
        }
    }

    var isOpen: Bool { registration != nil }
    var isSecure: Bool { tls != nil }
    var hasUnsent: Bool { !unsent.isEmpty }

    /// The client's address, for logs.
    var peer: String { address.text }

    // MARK: In

    /// The result of a read.
    enum Received {
        /// All that was there.
        case all
        /// As much as fits into one read.
        case full
        /// The client sends no more.
        case end
    }

    /// Reads once, and gives the bytes to `body`; they are valid during the call.
    @inline(__always)
    func receive(_ body: (UnsafeRawBufferPointer) -> Void) throws(SocketFailure) -> Received {
        switch try receiveRaw() {
        case .bytes(let count):
            let bytes = UnsafeRawBufferPointer(rebasing: worker.scratch.input[..<count])
            if let tls {
                if try !decrypt(bytes, tls, body) { return .end }
            } else {
                body(bytes)
            }
            return count == worker.scratch.input.count ? .full : .all
        case .endOfFile: return .end
        case .wouldBlock: return .all
        }
    }

    /// What TLS has cost, in unproductive frames: a record without data costs as much as SETTINGS do, ten frames.
    func takeIdleFrames() -> UInt32 { UInt32(clamping: (tls?.takeIdleRecords() ?? 0) * 10) }

    /// Reads once, and ignores the bytes; false at the end.
    func discard() -> Bool {
        guard case .bytes? = try? descriptor.receive(into: worker.scratch.input) else {
            return false
        }
        return true
    }

    private func receiveRaw() throws(SocketFailure) -> FileDescriptor.Transfer {
        do throws(SystemCallError) {
            let transfer = try descriptor.receive(into: worker.scratch.input)
            if case .bytes(let count) = transfer { worker.traffic.bytesReceived &+= count }
            return transfer
        } catch {
            throw .lost(error)
        }
    }

    private func decrypt(
        _ bytes: UnsafeRawBufferPointer, _ tls: TLSLayer, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(SocketFailure) -> Bool {
        do throws(TLSFailure) {
            let plaintext = try tls.receive(bytes)
            if plaintext.count > 0 { body(plaintext) }
        } catch {
            throw .tls(error)
        }
        return !tls.isPeerDone
    }

    // MARK: The handshake of TLS

    /// Reads bytes for a step of the handshake; nil when there are none.
    func receiveHandshake() throws(SocketFailure) -> Received? {
        guard let tls else { return nil }
        switch try receiveRaw() {
        case .endOfFile: return .end
        case .wouldBlock: return nil
        case .bytes(let count):
            let bytes = UnsafeRawBufferPointer(rebasing: worker.scratch.input[..<count])
            do throws(TLSFailure) {
                try tls.receiveHandshake(bytes)
            } catch {
                var sniffer = ProtocolSniffer()
                if error == .notTLS, sniffer.receive(bytes) == .http1 { throw .plaintextHTTP }
                throw .tls(error)
            }
            return .all
        }
    }

    /// The handshake has agreed on HTTP/2.
    var isHTTP2Agreed: Bool { tls?.isHTTP2Agreed ?? false }

    /// The handshake took up an earlier session of this client.
    var isResumed: Bool { tls?.isResumed ?? false }

    /// Has the next send bring a ticket to a client of this kind, for when it comes again. Not to a probe: its process, and what
    /// it knows, ends with its connection.
    func offerTicket(to kind: ClientKind) {
        if kind != .healthProbe { tls?.offerTicket() }
    }

    /// Gives the TLS session away for a step of its handshake.
    func lendTLS() -> TLSSession? { tls?.lend() }

    /// Has the session back.
    func takeBack(_ session: TLSSession) { tls?.takeBack(session) }

    /// Gives bytes that came behind the handshake to `body`; false when the client sends no more.
    func receiveRest(_ body: (UnsafeRawBufferPointer) -> Void) throws(SocketFailure) -> Bool {
        guard let tls else { return true }
        return try decrypt(UnsafeRawBufferPointer(start: nil, count: 0), tls, body)
    }

    // MARK: Out

    /// Sends bytes, and keeps what the kernel does not take; false when it takes no more now. Only after ``flush()`` has
    /// returned true.
    @inline(__always)
    func send(_ bytes: UnsafeRawBufferPointer) throws(SocketFailure) -> Bool {
        if let tls { return try seal(bytes, tls) }
        return bytes.isEmpty ? true : try sendRaw(bytes)
    }

    /// Keeps bytes until the kernel takes more.
    func hold(_ bytes: UnsafeRawBufferPointer) throws(SocketFailure) {
        guard let tls else { return try keep(bytes) }
        do throws(TLSFailure) { try tls.hold(bytes) } catch { throw .tls(error) }
    }

    /// Sends what an earlier send left; false when some is still left.
    @inline(__always)
    func flush() throws(SocketFailure) -> Bool { unsent.isEmpty ? true : try sendUnsent() }

    /// Sends a last answer to a client that does not use TLS.
    func sendWithoutTLS(_ bytes: UnsafeRawBufferPointer) throws(SocketFailure) {
        tls?.forget()
        _ = try sendRaw(bytes)
    }

    private func seal(
        _ bytes: UnsafeRawBufferPointer, _ tls: TLSLayer
    ) throws(SocketFailure) -> Bool {
        do throws(TLSFailure) { try tls.seal(bytes) } catch { throw .tls(error) }
        while true {
            let sealed = tls.takeSealed()
            if sealed.isEmpty { return true }
            if try !sendRaw(sealed) { return false }
            if sealed.count < tls.sealedRoom { return true }
        }
    }

    private func sendRaw(_ bytes: UnsafeRawBufferPointer) throws(SocketFailure) -> Bool {
        let sent = try transmit(bytes)
        if sent == bytes.count { return true }
        try keep(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
        try setInterest(.writable)
        return false
    }

    private func sendUnsent() throws(SocketFailure) -> Bool {
        unsentStart += try unsent.withUnsafeBufferPointer { bytes throws(SocketFailure) in
            try transmit(
                UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[unsentStart...])))
        }
        if unsentStart < unsent.count { return false }
        forgetUnsent()
        try setInterest(restingInterest)
        // TLS may have more than the kernel took.
        return tls == nil ? true : try send(UnsafeRawBufferPointer(start: nil, count: 0))
    }

    /// On the loop: the socket may end elsewhere, after it was closed, and then there is nothing to forget.
    private func forgetUnsent() {
        if unsent.isEmpty { return }
        worker.changeHeldBytes(by: -unsent.count)
        unsent = []
        unsentStart = 0
    }

    private func keep(_ bytes: UnsafeRawBufferPointer) throws(SocketFailure) {
        unsent.append(contentsOf: bytes)
        worker.changeHeldBytes(by: bytes.count)
        if worker.counters.heldBytes > worker.configuration.capacity.maxHeldBytes {
            throw .heldBytes
        }
    }

    private func transmit(_ bytes: UnsafeRawBufferPointer) throws(SocketFailure) -> Int {
        do throws(SystemCallError) {
            switch try descriptor.send(bytes) {
            case .bytes(let count):
                worker.traffic.bytesSent &+= count
                return count
            case .wouldBlock, .endOfFile: return 0
            }
        } catch {
            throw .lost(error)
        }
    }

    /// Changes what the handler is told of while nothing is unsent: with ``Readiness/ended``, what the client sends
    /// stays with the kernel.
    func rest(in interest: Readiness) throws(SocketFailure) {
        if interest == restingInterest { return }
        restingInterest = interest
        if unsent.isEmpty { try setInterest(interest) }
    }

    /// Changes what the handler is told of.
    func setInterest(_ interest: Readiness) throws(SocketFailure) {
        guard let registration else { return }
        do throws(SystemCallError) {
            try worker.loop.modify(registration, interest)
        } catch {
            throw .lost(error)
        }
    }

    /// Says between which addresses it is, and by what it is secured.
    func describe(in statistics: inout SocketStatistics) {
        statistics.local = try? descriptor.localAddress()
        statistics.remote = try? descriptor.peerAddress()
        statistics.security = tls?.security
    }

    // MARK: The end

    /// Bytes that the client's kernel does not have yet.
    var undelivered: Int { unsent.count + descriptor.undelivered }

    /// Ends our side of the connection, and reads on.
    func endSending() {
        closeTLS()
        // Frees tens of KiB.
        tls?.forget()
        descriptor.shutdownSending()
        forgetUnsent()
        try? setInterest(.readable)
    }

    /// The handler is told of nothing any more; the descriptor is closed with its last owner.
    func close() {
        guard let registration else { return }
        closeTLS()
        forgetUnsent()
        self.registration = nil
        worker.loop.deregister(registration)
        descriptor.shutdownSending()
    }

    /// Sends the last alert of TLS, if the kernel takes it now.
    private func closeTLS() {
        guard let tls else { return }
        tls.close()
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        if unsent.isEmpty { _ = try? seal(nothing, tls) }
    }
}

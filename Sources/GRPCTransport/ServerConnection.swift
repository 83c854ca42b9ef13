// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire
import HTTP2Wire
import SystemIO
import TLSWire

/// One client: a socket, an HTTP/2 session and its calls. Belongs to one loop.
///
/// Each turn: receive what is there -> events -> calls -> gather their frames -> one send.
final class ServerConnection: EventHandler {
    let context: LoopContext
    let session: HTTP2Session
    /// Nil for plaintext.
    private let tls: TLSLayer?
    private let descriptor: FileDescriptor
    private var registration: EventLoop.Registration?
    /// What the kernel did not take of the latest send. While it is not empty nothing is read or produced: a
    /// client that does not read holds at most this much of ours.
    private var unsent: [UInt8] = []
    private var unsentStart = 0
    private var isFlushScheduled = false
    private var isPeerDone = false
    private var isShuttingDown = false
    private var goAwayTimer: TimerID?
    private var dueResets: [(call: ServerCall, code: HTTP2ErrorCode)] = []
    /// Bytes of unfinished requests that this connection's calls hold.
    var heldRequestBytes = 0
    /// The latest call whose request is not complete; as a rule the rest is the very next event.
    var latestHead: ServerCall?

    private static let shutdownPing: UInt64 = 0x6472_6169_6e69_6e67

    /// Takes over an accepted socket. Our SETTINGS go out with the first answer to the peer's bytes.
    static func start(
        _ descriptor: consuming FileDescriptor, _ context: LoopContext
    ) throws -> ServerConnection {
        var settings = context.configuration.settings
        settings.unreadHeaders = RequestHead.unreadHeaders
        settings.keepsStreamWindows = true
        let session = try HTTP2Session.make(
            .server, settings: settings, memory: context.memory
        ) { ServerCall(id: $0) }
        let tls = try context.tls.map { try TLSLayer($0, context.tlsBuffers) }
        let connection = ServerConnection(descriptor, session, tls, context)
        connection.registration = try context.loop.register(
            connection.descriptor.rawValue, .readable, connection)
        if let tls { connection.limitHandshake(tls) }
        return connection
    }

    private init(
        _ descriptor: consuming FileDescriptor, _ session: HTTP2Session, _ tls: TLSLayer?,
        _ context: LoopContext
    ) {
        self.descriptor = descriptor
        self.session = session
        self.tls = tls
        self.context = context
    }

    func ready(_ readiness: Readiness) {
        if readiness.contains(.readable) || !readiness.isDisjoint(with: .broken) {
            receive()
        } else if readiness.contains(.writable) {
            flush()
        }
    }

    /// Has this connection's frames sent at the end of the turn; for what happens outside its own events.
    func scheduleFlush() {
        if isFlushScheduled { return }
        isFlushScheduled = true
        context.loop.atEndOfTurn { [self] in
            isFlushScheduled = false
            flush()
        }
    }

    /// Resets the call unless it is closed when all that can go has gone. Not before: nghttp2 sends nothing more
    /// on a stream that is about to be reset.
    func resetAfterOutput(_ call: ServerCall, _ code: HTTP2ErrorCode) {
        dueResets.append((call, code))
    }

    /// First step of a graceful end: the client is asked to open no more streams. The second follows its
    /// answer, or a short wait.
    func startShutdown() {
        guard registration != nil, !isShuttingDown else { return }
        isShuttingDown = true
        if let tls, !tls.isEstablished { return close() }
        session.submitShutdownNotice()
        // Out before the PING, which nghttp2 would put first: the answer must mean that the client knows.
        flush()
        guard registration != nil else { return }
        session.submitPing(Self.shutdownPing)
        let deadline = context.loop.now + context.configuration.goAwayGrace
        goAwayTimer = context.loop.schedule(at: deadline) { [weak self] in
            self?.finishShutdown()
        }
        scheduleFlush()
    }

    private func finishShutdown() {
        goAwayTimer = nil
        // The client took nothing of the first step: it will not take the second either.
        if !unsent.isEmpty { return close() }
        session.submitGoAway(.noError, debugText: "the server is shutting down")
        scheduleFlush()
    }

    /// Closes the socket now and ends every call.
    func close() {
        guard let registration else { return }
        if tls != nil { sayGoodbye() }
        self.registration = nil
        context.loop.deregister(registration)
        if let goAwayTimer { context.loop.cancel(goAwayTimer) }
        while let event = session.closedWhileSending.popLast() { handle(event) }
        session.forEachStream { ServerCall.of($0).ended() }
        descriptor.shutdownSending()
        context.forget(self)
    }

    /// The client's address, for logs.
    private var peer: String { (try? descriptor.peerAddress())?.text ?? "unknown" }

    // MARK: In

    private func receive() {
        // A connection may be closed by its own events; nothing after that touches it.
        guard registration != nil else { return }
        // The session is over; it only waits for its last bytes to go, and now they cannot.
        if isPeerDone { return close() }
        do throws(SystemCallError) {
            switch try descriptor.receive(into: context.input) {
            case .bytes(let count):
                let bytes = UnsafeRawBufferPointer(rebasing: context.input[..<count])
                if tls == nil { process(bytes) } else { decrypt(bytes) }
            case .endOfFile:
                isPeerDone = true
                flush()
            case .wouldBlock: break
            }
        } catch {
            context.logger.debug("connection lost", metadata: ["error": "\(error.text)"])
            close()
        }
    }

    private func process(_ bytes: UnsafeRawBufferPointer) {
        do throws(HTTP2Error) {
            try session.receive(bytes, into: context.batch)
        } catch {
            context.logger.info(
                "connection dropped",
                metadata: ["reason": "\(error.text)", "peer": "\(peer)"])
            session.submitGoAway(.protocolError)
            isPeerDone = true
            flush()
            return
        }
        let batch = context.batch
        for index in batch.events.indices { handle(batch.events[index]) }
        batch.reset()
        if let call = latestHead {
            latestHead = nil
            call.waitsForRequest(on: self)
        }
        flush()
    }

    private func handle(_ event: HTTP2Event) {
        switch event {
        case .headers(let stream, let block, let endStream):
            ServerCall.of(stream).received(block, endStream: endStream, on: self)
        case .data(let stream, let bytes, let endStream):
            ServerCall.of(stream).received(bytes, endStream: endStream, on: self)
        case .trailers(let stream, _):
            // gRPC clients send none; to a server they only mean the end of the request.
            let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
            ServerCall.of(stream).received(nothing, endStream: true, on: self)
        case .streamClosed(let stream, _):
            ServerCall.of(stream).ended()
        case .pingAcknowledged(let payload):
            guard payload == Self.shutdownPing, let timer = goAwayTimer else { return }
            context.loop.cancel(timer)
            finishShutdown()
        case .settings, .goAway:
            break
        }
    }

    // MARK: Out

    private func flush() {
        guard registration != nil else { return }
        do {
            if try sendUnsent(), try produceAndSend(), !dueResets.isEmpty { try sendResets() }
        } catch {
            context.output.removeAll()
            context.logger.debug("connection lost", metadata: ["error": "\(error)"])
            close()
            return
        }
        while let event = session.closedWhileSending.popLast() { handle(event) }
        let isDone = isPeerDone || (!session.wantsRead && !session.wantsWrite)
        if isDone, unsent.isEmpty {
            close()
        }
    }

    /// Gathers every frame that may go now, and sends them in as few calls as possible.
    ///
    /// False when the kernel takes no more now, and frames may still be waiting.
    private func produceAndSend() throws -> Bool {
        if tls != nil { return try produceAndSendSealed() }
        let output = context.output
        while let bytes = try session.nextOutput() {
            if output.append(bytes) { continue }
            if try !sendGathered() {
                // Taken from the session, so it must not be lost: it goes first next time.
                unsent.append(contentsOf: bytes)
                return false
            }
            _ = output.append(bytes)
        }
        return try sendGathered()
    }

    private func sendResets() throws {
        for (call, code) in dueResets { session.reset(call, code) }
        dueResets.removeAll()
        _ = try produceAndSend()
    }

    /// Sends what is gathered; false when the kernel takes no more now.
    private func sendGathered() throws(SystemCallError) -> Bool {
        let output = context.output
        defer { output.removeAll() }
        if output.count == 0 { return true }
        let sent = try send(output.bytes)
        if sent == output.count { return true }
        unsent.append(contentsOf: output.bytes[sent...])
        try setInterest(.writable)
        return false
    }

    /// Sends the rest of an earlier send; false when some is still left.
    private func sendUnsent() throws(SystemCallError) -> Bool {
        if unsent.isEmpty { return true }
        unsentStart += try unsent.withUnsafeBufferPointer { bytes throws(SystemCallError) in
            try send(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[unsentStart...])))
        }
        if unsentStart < unsent.count { return false }
        unsent = []
        unsentStart = 0
        try setInterest(.readable)
        return true
    }

    private func send(_ bytes: UnsafeRawBufferPointer) throws(SystemCallError) -> Int {
        switch try descriptor.send(bytes) {
        case .bytes(let count): count
        case .wouldBlock, .endOfFile: 0
        }
    }

    private func setInterest(_ interest: Readiness) throws(SystemCallError) {
        if let registration { try context.loop.modify(registration, interest) }
    }

    // MARK: TLS

    private func limitHandshake(_ tls: TLSLayer) {
        let deadline = context.loop.now + context.configuration.handshakeTimeout
        tls.handshakeTimer = context.loop.schedule(at: deadline) { [weak self] in
            guard let self else { return }
            tls.handshakeTimer = nil
            self.context.logger.info(
                "connection dropped",
                metadata: ["reason": "the TLS handshake took too long", "peer": "\(self.peer)"])
            self.close()
        }
    }

    private func decrypt(_ bytes: UnsafeRawBufferPointer) {
        guard let tls else { return }
        var rest = bytes
        do throws(TLSFailure) {
            while rest.count > 0, registration != nil, !isPeerDone {
                let plaintext = try tls.receive(&rest)
                if plaintext.count > 0 { process(plaintext) }
            }
        } catch {
            context.logger.info(
                "connection dropped", metadata: ["reason": "TLS: \(error.text)", "peer": "\(peer)"])
            close()
            return
        }
        if tls.isEstablished { cancelHandshakeTimer() }
        if tls.isPeerDone { isPeerDone = true }
        flush()
    }

    /// ``produceAndSend()`` through TLS; what the handshake wants to say comes first.
    private func produceAndSendSealed() throws -> Bool {
        guard let tls else { return true }
        guard tls.isEstablished else { return try sendSealed(tls) }
        let output = context.output
        defer { output.removeAll() }
        while let bytes = try session.nextOutput() {
            if output.append(bytes) { continue }
            try tls.seal(output.bytes)
            output.removeAll()
            if try !sendSealed(tls) {
                try tls.hold(bytes)
                return false
            }
            _ = output.append(bytes)
        }
        try tls.seal(output.bytes)
        return try sendSealed(tls)
    }

    /// False when the kernel takes no more now.
    private func sendSealed(_ tls: TLSLayer) throws(SystemCallError) -> Bool {
        while true {
            let bytes = tls.takeSealed()
            if bytes.isEmpty { return true }
            let sent = try send(bytes)
            if sent == bytes.count { continue }
            unsent.append(contentsOf: bytes[sent...])
            try setInterest(.writable)
            return false
        }
    }

    /// The last words of TLS: why, or that it is the end. If they cannot go now, then not at all.
    private func sayGoodbye() {
        guard let tls else { return }
        cancelHandshakeTimer()
        tls.close()
        if unsent.isEmpty { _ = try? sendSealed(tls) }
    }

    private func cancelHandshakeTimer() {
        guard let timer = tls?.handshakeTimer else { return }
        tls?.handshakeTimer = nil
        context.loop.cancel(timer)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire
import HTTP2Wire
import SystemIO

/// One HTTP/2 client: a socket, a session and its calls. Belongs to one loop.
///
/// Each turn: receive what is there -> events -> calls -> gather their frames -> one send.
final class ServerConnection: SpokenConnection {
    let worker: Worker
    let session: HTTP2Session
    let socket: ConnectionSocket
    var clock: ConnectionClock
    private var abuse: AbusePolicy
    private var isFlushScheduled = false
    private var isPeerDone = false
    private(set) var isShuttingDown = false
    /// The latest call when the client was asked to leave, if no answer was on its way: without a later one, what is
    /// not delivered is our goodbye.
    private var callBeforeLeaving: StreamID?
    private var hasEnded = false
    private var goAwayTimer: TimerID?
    private var dueEnds: [CallStream] = []
    private var dueResets: [(call: CallStream, code: HTTP2ErrorCode)] = []
    /// Bytes of unfinished requests that this connection's calls hold.
    var heldRequestBytes = 0 {
        didSet {
            let change = heldRequestBytes - oldValue
            if change != 0 { worker.counters.changeHeldBytes(by: change) }
        }
    }
    /// Calls of this connection that stream their answer.
    var streamingCalls = 0

    private static let shutdownPing: UInt64 = 0x6472_6169_6e69_6e67
    private static let keepalivePing: UInt64 = 0x616c_6976_653f_0000

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

    private var isOpen: Bool { !hasEnded && socket.isOpen }
    /// The client is on this machine.
    var isPeerLocal: Bool { socket.address.isLocal }

    func ready(_ readiness: Readiness) {
        if readiness.contains(.readable) || !readiness.isDisjoint(with: .broken) {
            receive()
        } else if readiness.contains(.writable) {
            flush()
        }
    }

    // MARK: In

    private func receive() {
        // A connection may be closed by its own events; nothing after that touches it.
        guard isOpen else { return }
        // It only waits for its last bytes to go, and now they cannot.
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

    /// For a client that has much to say: the rest of its slice, then one answer to all of it.
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

    private func logBrokenRules() {
        for rule in session.takeBrokenRules() {
            worker.resets.record(rule, peer: socket.peer, at: worker.loop.now)
        }
    }

    private func judgeCosts() {
        if let reason = abuse.judge(session.takeCosts(), at: worker.loop.now) { drop(reason) }
    }

    /// Lends what all clients may still spend on decompression; 16 KiB of that count as a frame.
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

    /// What its peer holds; throws when it was let in for a first call only, and there is still no place for more.
    func requireAdmission() throws(Status) -> PeerUsage {
        if let peer = socket.peerUsage ?? worker.admission.confirm(socket) { return peer }
        throw Status(
            .resourceExhausted,
            "the server has no place for this connection, and serves short calls only on it; retry later"
        )
    }

    private func handle(_ event: HTTP2Event) {
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
            guard payload == Self.shutdownPing, let timer = goAwayTimer else { return }
            worker.loop.cancel(timer)
            finishShutdown()
        case .settings: clock.established()
        case .goAway: break
        }
    }

    // MARK: Out

    /// Has this connection's frames sent at the end of the turn; for what happens outside its own events.
    func scheduleFlush() {
        if isFlushScheduled { return }
        isFlushScheduled = true
        worker.loop.atEndOfTurn { [self] in
            isFlushScheduled = false
            flush()
        }
    }

    /// Ends the answer of the call when all that can go has gone, if it has an end by then. Before a closed window
    /// nghttp2 does not ask for the body that would say so, and trailers need no window.
    func endAfterOutput(_ call: CallStream) { dueEnds.append(call) }

    /// Resets the call unless it is closed when all that can go has gone. Not before: nghttp2 sends nothing more
    /// on a stream that is about to be reset.
    func resetAfterOutput(_ call: CallStream, _ code: HTTP2ErrorCode) {
        dueResets.append((call, code))
    }

    private func flush() {
        guard isOpen else { return }
        do throws(SocketFailure) {
            guard try socket.flush() else { return }
            clock.sent()
            if try produceAndSend(), !dueEnds.isEmpty || !dueResets.isEmpty { try sendEnds() }
        } catch {
            return fail(error)
        }
        while let event = session.closedWhileSending.popLast() { handle(event) }
        if !session.brokenRules.isEmpty { logBrokenRules() }
        guard !socket.hasUnsent else { return }
        if isPeerDone {
            close()
        } else if !session.wantsRead && !session.wantsWrite {
            finish()
        }
    }

    /// Gathers every frame that may go now, and sends them in as few calls as possible. False when the kernel
    /// takes no more now, and frames may still be waiting.
    private func produceAndSend() throws(SocketFailure) -> Bool {
        let output = worker.scratch.output
        defer { output.removeAll() }
        while let bytes = nextOutput() {
            if output.append(bytes) { continue }
            let isTaken = try socket.send(output.bytes)
            output.removeAll()
            if !isTaken {
                // Taken from the session, so it must not be lost: it goes first next time.
                try socket.hold(bytes)
                return false
            }
            _ = output.append(bytes)
        }
        return try socket.send(output.bytes)
    }

    /// Nothing more from a session that is out of memory; its client is told by the closed connection.
    @inline(__always)
    private func nextOutput() -> UnsafeRawBufferPointer? {
        do throws(HTTP2Error) {
            return try session.nextOutput()
        } catch {
            isPeerDone = true
            return nil
        }
    }

    private func sendEnds() throws(SocketFailure) {
        if !dueEnds.isEmpty {
            for call in dueEnds { session.endBody(call) }
            dueEnds.removeAll()
            if try !produceAndSend() { return }
        }
        for (call, code) in dueResets { session.reset(call, code) }
        dueResets.removeAll()
        _ = try produceAndSend()
    }

    // MARK: The end

    /// First step of a graceful end: the client is asked to open no more streams. The second follows its
    /// answer, or a short wait.
    func startShutdown() {
        guard isOpen, !isShuttingDown else { return }
        isShuttingDown = true
        clock.leaving(at: worker.loop.now)
        if session.openStreamCount == 0, socket.undelivered == 0 {
            callBeforeLeaving = session.latestRemoteStreamID
        }
        session.submitShutdownNotice()
        // Out before the PING, which nghttp2 would put first: the answer must mean that the client knows.
        flush()
        guard isOpen else { return }
        session.submitPing(Self.shutdownPing)
        let deadline = worker.loop.now + worker.configuration.timeouts.goAwayGrace
        goAwayTimer = worker.loop.schedule(at: deadline) { [weak self] in
            self?.finishShutdown()
        }
        scheduleFlush()
    }

    private func finishShutdown() {
        goAwayTimer = nil
        session.submitGoAway(.noError, debugText: "the server is shutting down")
        scheduleFlush()
    }

    /// The session is over and has said so.
    private func finish() {
        guard let violation = session.violation else {
            let owesNothing =
                callBeforeLeaving == session.latestRemoteStreamID || socket.undelivered == 0
            return owesNothing ? close() : linger(untilDelivered: true)
        }
        record(.violation, detail: violation.text)
        linger()
    }

    /// Tells the client why, and closes.
    func drop(_ reason: DropReason, detail: String? = nil) {
        guard isOpen else { return }
        record(reason, detail: detail)
        if saysWhy(reason) { linger() } else { close() }
    }

    private func saysWhy(_ reason: DropReason) -> Bool {
        session.terminate(reason.code, reason.text)
        return (try? socket.flush()) == true && (try? produceAndSend()) == true
    }

    private func linger(untilDelivered: Bool = false) {
        guard isOpen else { return }
        hasEnded = true
        release()
        LingeringConnection.take(over: self, socket, worker, untilDelivered: untilDelivered)
    }

    private func fail(_ failure: SocketFailure) {
        if let reason = failure.reason {
            record(reason, detail: failure.text)
        } else {
            worker.logger.debug("connection lost", metadata: ["error": "\(failure.text)"])
        }
        // The alert that says why must not be overtaken by a reset.
        if case .tls = failure { linger() } else { close() }
    }

    var unfinishedCalls: Int { max(session.openStreamCount, socket.hasUnsent ? 1 : 0) }

    func close() {
        guard isOpen else { return }
        socket.close()
        release()
        worker.remove(self)
    }

    private func release() {
        if let goAwayTimer { worker.loop.cancel(goAwayTimer) }
        goAwayTimer = nil
        while let event = session.closedWhileSending.popLast() { handle(event) }
        session.closeStreams { CallStream.of($0).closed() }
        dueEnds = []
        dueResets = []
    }

    private func record(_ reason: DropReason, detail: String? = nil) {
        worker.drops.record(reason, peer: socket.peer, detail: detail, at: worker.loop.now)
    }

    // MARK: The clock

    var idleStart: MonotonicTime? { session.openStreamCount == 0 ? clock.idleSince : nil }

    /// Without lingering, since its place is wanted now; an idle client has sent nothing that is not read.
    func evict(_ reason: DropReason) {
        guard isOpen else { return }
        record(reason)
        _ = saysWhy(reason)
        close()
    }

    func sweep(at now: MonotonicTime) {
        let observation = ConnectionClock.Observation(
            openStreams: session.openStreamCount,
            latestStream: session.latestRemoteStreamID.rawValue,
            isMidHeaderBlock: session.isMidHeaderBlock, isSendBlocked: socket.hasUnsent)
        switch clock.evaluate(observation, at: now) {
        case .nothing: break
        case .ping:
            session.submitPing(Self.keepalivePing)
            flush()
        case .leave: startShutdown()
        case .drop(let reason): return drop(reason)
        }
        if session.openStreamCount > 0 { lookAtCalls(at: now) }
    }

    private func lookAtCalls(at now: MonotonicTime) {
        var ended = 0
        session.forEachStream { if CallStream.of($0).enforceTimeouts(at: now) { ended += 1 } }
        if ended == 0 { return }
        // A proxy may have a slow client among many; one whose clients are all slow is none.
        if !abuse.charge(slowCalls: ended, at: now) { drop(.stalled) }
        flush()
    }
}

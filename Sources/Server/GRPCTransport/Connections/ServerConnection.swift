// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire
import HTTP2Wire
import SystemIO

/// One HTTP/2 client: a socket, a session and its calls. Belongs to one loop.
///
/// Each tick: receive what is there -> events -> calls -> gather their frames -> one send.
final class ServerConnection: SpokenConnection, TickEndHandler {
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
            if change != 0 { worker.changeHeldBytes(by: change) }
        }
    }
    /// Calls of this connection that stream their answer.
    var streamingCalls = 0
    private(set) var caller = Caller()
    /// What was counted of this connection.
    var traffic = ConnectionTraffic()

    /// Takes over a socket on which the preface has come. Our SETTINGS go out with the first answer.
    init(
        _ socket: ConnectionSocket, accepted: MonotonicTime, _ worker: Worker
    ) throws(HTTP2Error) {
        let configuration = worker.configuration
        var settings = configuration.settings
        settings.unreadHeaders = worker.routes.unreadHeaders.without(.userAgent)
        settings.keepsStreamWindows = true
        let owner = Owner()
        self.session = try HTTP2Session.make(
            .server, settings: settings, memory: worker.scratch.memory
        ) { CallStream(id: $0, on: owner.connection.unsafelyUnwrapped) }
        self.socket = socket
        self.worker = worker
        self.clock = ConnectionClock(
            configuration.timeouts, accepted: accepted,
            // Asks the kernel.
            jitter: configuration.timeouts.maxAge > .zero ? .random(in: 0...1) : 0)
        self.abuse = AbusePolicy(configuration.abuse, at: accepted)
        owner.connection = self
        worker.traffic.http2.opened += 1
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
        var reads = 1
        while isOpen, latest == .full, reads < Scratch.readsUntilSend, !slice.isOver {
            latest = try socket.receive { take($0) }
            reads += 1
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
            for case .streamClosed(let reference, _) in worker.scratch.batch.events {
                CallStream.of(reference.stream).closed()
            }
            drop(.violation, detail: error.text)
            return worker.scratch.batch.reset()
        }
        for event in worker.scratch.batch.events { handle(event) }
        worker.scratch.batch.reset()
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
        try worker.requireAdmission(of: socket)
    }

    @inline(__always)
    private func handle(_ event: HTTP2Event) {
        switch event {
        case .headers(let stream, let block, let endStream):
            if caller.kind == nil { meetCaller(block) }
            lend(stream) { $0.received(block, endStream: endStream) }
        case .data(let stream, let bytes, let endStream):
            lend(stream) { $0.received(bytes, endStream: endStream) }
        case .trailers(let stream, _):
            // gRPC clients send none; to a server they only mean the end of the request.
            let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
            lend(stream) { $0.received(nothing, endStream: true) }
        case .streamClosed(let stream, _):
            lend(stream) { $0.closed() }
        case .pingAcknowledged(let payload):
            if payload == GracefulShutdown.ping { shutdownAnswered() }
        case .settings: clock.established()
        case .goAway: break
        }
    }

    /// The method of a path. Neither the worker nor its table is retained for that.
    @inline(__always)
    func method(at path: UnsafeRawBufferPointer) -> Unmanaged<Method>? {
        Unmanaged.passUnretained(worker)._withUnsafeGuaranteedRef { $0.method(at: path) }
    }

    /// Lends the session to `body`, without a retain. With what finds and calls a method there were four pairs of retain and
    /// release in a Check, and now there is one. Being atomic, they were 2 to 3 % of its CPU.
    @inline(__always)
    func lendSession(to body: (HTTP2Session) -> Void) {
        Unmanaged.passUnretained(session)._withUnsafeGuaranteedRef(body)
    }

    /// Lends the call of an event to `body`, without a retain.
    @inline(__always)
    private func lend(_ stream: StreamReference, to body: (CallStream) -> Void) {
        stream.unretained._withUnsafeGuaranteedRef { body(CallStream.of($0)) }
    }

    /// Notes when the latest call began: with the bytes that came last.
    @inline(__always)
    func callBegan() {
        traffic.latestCall = clock.latestByte
        worker.traffic.latestCall = clock.latestByte
    }

    /// The first request says who calls; of later ones that is left unread.
    private func meetCaller(_ block: HeaderBlock) {
        let kind = caller.meet(block, &worker.traffic)
        if socket.isSecure { socket.offerTicket(to: kind) }
        session.leaveUnread(worker.routes.unreadHeaders)
    }

    /// Counts the requests since the latest count.
    func countRequests() { caller.count(until: session.latestRemoteStreamID, &worker.traffic) }

    // MARK: Output

    /// Sends this connection's frames at the end of the tick; for what happens outside its own events.
    func scheduleFlush() {
        if isFlushScheduled { return }
        isFlushScheduled = true
        worker.loop.tellAtEndOfTick(self)
    }

    func tickEnded() {
        isFlushScheduled = false
        flush()
    }

    /// Ends the answer of a call after all output that can be sent now. With a closed window nghttp2 does not ask for the
    /// body that would end it, and trailers need no window.
    func endAfterOutput(_ call: CallStream) { deferred.ends.append(call) }

    /// Resets a call, unless it is closed by then, after all output that can be sent now: nghttp2 sends nothing more on
    /// a stream that is about to be reset.
    func resetAfterOutput(_ call: CallStream, _ code: HTTP2ErrorCode) {
        deferred.resets.append((call, code))
    }

    /// Sends all output that can be sent now, and closes when nothing is left to do.
    func flush() {
        guard isOpen else { return }
        do throws(SocketFailure) {
            guard try socket.flush() else { return }
            clock.sent()
            if try produceAndSend(), !deferred.isEmpty { try sendDeferred() }
        } catch {
            return fail(error)
        }
        handleClosedStreams()
        if !session.brokenRules.isEmpty { logBrokenRules() }
        guard !socket.hasUnsent else { return }
        if isPeerDone {
            close()
        } else if !session.wantsRead && !session.wantsWrite {
            finish()
        }
    }

    /// Tells the calls whose streams closed while output was produced.
    func handleClosedStreams() {
        while let closed = session.takeClosedStream() { CallStream.of(closed.stream).closed() }
    }

    /// Gathers every frame that can be sent now, and sends them in as few calls as possible. False when the kernel takes
    /// no more now, and frames may still be waiting.
    func produceAndSend() throws(SocketFailure) -> Bool {
        // The buffer has no name here: a variable that holds it is retained, which was 3 % of what a change costs a watcher's
        // connection.
        defer { worker.scratch.output.removeAll() }
        while let bytes = gatherOutput() {
            let isTaken = try socket.send(worker.scratch.output.bytes)
            worker.scratch.output.removeAll()
            if !isTaken {
                // The session does not have it any more: it is sent first next time.
                try socket.hold(bytes)
                return false
            }
            _ = worker.scratch.output.append(bytes)
        }
        return try socket.send(worker.scratch.output.bytes)
    }

    /// A frame that does not fit behind the others. Nil, too, when the session is out of memory: then the connection is closed.
    private func gatherOutput() -> UnsafeRawBufferPointer? {
        var count = worker.scratch.output.count
        defer { worker.scratch.output.count = count }
        do throws(HTTP2Error) {
            return try session.gatherOutput(into: worker.scratch.output.storage, &count)
        } catch {
            isPeerDone = true
            return nil
        }
    }

    private func sendDeferred() throws(SocketFailure) {
        if !deferred.ends.isEmpty {
            for call in deferred.ends { session.endBody(call) }
            deferred.ends.removeAll()
            if try !produceAndSend() { return }
        }
        for (call, code) in deferred.resets { session.reset(call, code) }
        deferred.resets.removeAll()
        _ = try produceAndSend()
    }

    private func logBrokenRules() {
        for rule in session.takeBrokenRules() {
            worker.resets.record(rule, peer: socket.peer, at: worker.loop.now)
        }
    }
}

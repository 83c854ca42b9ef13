// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire
import HTTP2Wire
import SystemIO

/// One call on the server: the state of its stream.
///
/// ```
///   head -> request (method known, bytes coming) -> answering -> over
///     \-> rejecting (plain HTTP: wait for the end, then say why)
/// ```
final class ServerCall: HTTP2Stream {
    enum State { case head, request, rejecting, answering, over }

    var state = State.head
    var method: Method?
    var reader = UnaryRequestReader(maxMessageSize: 0)
    /// What the reader holds, as its connection has counted it.
    private var countedBytes = 0
    private var rejection: HTTPRejection?
    /// The client sends no more.
    var isRequestComplete = false
    var connection: ServerConnection?
    var deadline: MonotonicTime?
    private var deadlineTimer: TimerID?
    /// Of an asynchronous handler.
    var work: CallTask?

    // The answer.
    var source: (any MessageSource)?
    var message: EncodedMessage?
    var plainBody: StaticString?
    private var sentOfMessage = 0
    var finalStatus: Status?
    /// Those of a call that went well; nil for the usual ones.
    private var okTrailers: FixedHeaderFields?
    /// The messages may be in gzip: the client's were.
    var answersInGzip = false
    /// The source has been told to have something, and was not asked since.
    var isWoken = false
    var timeouts = CallTimeouts()
    var isCountedAsStreaming = false
    private var isEndCounted = false

    /// The session of a server makes no other streams.
    static func of(_ stream: HTTP2Stream) -> ServerCall {
        unsafeDowncast(stream, to: ServerCall.self)
    }

    // MARK: The request

    func received(_ block: HeaderBlock, endStream: Bool, on connection: ServerConnection) {
        guard state == .head, !isClosed else { return }
        isRequestComplete = endStream
        switch RequestHead(block) {
        case .notGRPC(let rejection):
            state = .rejecting
            self.rejection = rejection
            if endStream { reject(on: connection) }
        case .failed(let status):
            begin(connection.worker.routes.methods.unknown)
            finish(status, on: connection)
        case .call(let path, let timeout, let encoding, let answersInGzip):
            guard let method = connection.worker.routes.methods.method(at: path) else {
                begin(connection.worker.routes.methods.unknown)
                finish(connection.worker.routes.methods.unimplemented(path), on: connection)
                return
            }
            begin(method)
            if let timeout { deadline = connection.worker.loop.now + timeout }
            self.answersInGzip = answersInGzip
            if method.isAsync, !prepareWork(method, block, encoding, on: connection) { return }
            // In place: a new reader would be one more to let go of.
            reader.restart(maxMessageSize: method.maxRequestSize, encoding: encoding)
            if self.connection == nil { connection.openHeads &+= 1 }
            if endStream {
                received(
                    UnsafeRawBufferPointer(start: nil, count: 0), endStream: true, on: connection)
            }
        }
    }

    private func begin(_ method: Method) {
        state = .request
        self.method = method
        method.counters.started &+= 1
    }

    func received(
        _ bytes: UnsafeRawBufferPointer, endStream: Bool, on connection: ServerConnection
    ) {
        if isClosed { return }
        isRequestComplete = endStream
        switch state {
        case .request:
            if self.connection == nil { connection.openHeads &-= 1 }
            switch reader.received(bytes, endStream: endStream) {
            case .wait:
                countHeld(on: connection)
                if !endStream { connection.session.consume(self, bytes.count) }
                if checkHeldBytes(on: connection) { keep(connection) }
            case .dispatch(let message):
                // Whole at once: nothing of it was ever held.
                dispatch(message, on: connection)
            case .dispatchBuffered(let message):
                countHeld(on: connection)
                message.withUnsafeBytes { dispatch($0, message, on: connection) }
            case .work:
                countHeld(on: connection)
                if checkHeldBytes(on: connection) { waitForWork(on: connection) }
            case .fail(let status):
                countHeld(on: connection)
                finish(status, on: connection)
            }
        case .answering:
            guard let work else { return }
            connection.heldRequestBytes += bytes.count
            work.received(bytes, endStream: endStream)
            checkHeldBytes(on: connection)
        case .rejecting:
            if endStream {
                reject(on: connection)
            } else {
                connection.session.consume(self, bytes.count)
            }
        case .head, .over:
            break
        }
    }

    /// Nothing came with the header block: from now on the end of the call, and its deadline, must be noticed.
    func beganToWait(on connection: ServerConnection) {
        if state == .request, self.connection == nil, !isClosed { keep(connection) }
    }

    func countHeld(on connection: ServerConnection?) {
        let held = reader.heldBytes
        connection?.heldRequestBytes += held - countedBytes
        countedBytes = held
    }

    func dropRequest(on connection: ServerConnection?) {
        if countedBytes == 0 { return }
        reader.drop()
        countHeld(on: connection)
    }

    /// Serves `message`; `array` is the same where there is one.
    func dispatch(
        _ message: UnsafeRawBufferPointer, _ array: [UInt8]? = nil, on connection: ServerConnection
    ) {
        guard let method else { return }
        state = .answering
        method.counters.messagesReceived &+= 1
        do throws(Status) {
            switch method.handler {
            case .unary(let handler):
                answer(try handler(message), method, on: connection)
            case .unaryWithTrailers(let handler):
                let (answer, trailers) = try handler(message, CallOrigin(connection: connection))
                okTrailers = trailers
                self.answer(answer, method, on: connection)
            case .serverStreaming(let handler):
                try admitStreaming(on: connection)
                keep(connection)
                source = try handler(message, CallWaker(call: self))
                begin(on: connection)
            case .asyncUnary, .clientStreaming, .asyncServerStreaming, .bidiStreaming:
                guard let work else { return }
                try start(work, method.handler, array ?? Array(message), on: connection)
            }
        } catch {
            finish(error, on: connection)
        }
    }

    @inline(__always)
    private func answer(
        _ message: EncodedMessage, _ method: Method, on connection: ServerConnection
    ) {
        self.message = encoded(message)
        method.counters.messagesSent &+= 1
        finalStatus = .ok
        isEndCounted = true
        method.counters.endWell()
        begin(on: connection)
    }

    /// The call outlives this turn.
    func keep(_ connection: ServerConnection) {
        self.connection = connection
        observesClose = true
        startDeadline(on: connection)
    }

    private func startDeadline(on connection: ServerConnection) {
        guard let deadline, deadlineTimer == nil else { return }
        deadlineTimer = connection.worker.loop.schedule(at: deadline) { [weak self] in
            guard let self, let connection = self.connection else { return }
            self.deadlineTimer = nil
            self.finish(Status(.deadlineExceeded, "the deadline has passed"), on: connection)
            connection.scheduleFlush()
        }
    }

    // MARK: The answer

    /// The header fields before the first message.
    @inline(__always)
    private func begin(on connection: ServerConnection) {
        let fields = answersInGzip ? ResponseFields.initialGzip : ResponseFields.initial
        connection.session.respond(self, headers: .fixed(fields), hasBody: true)
    }

    @inline(__always)
    func encoded(_ message: EncodedMessage) -> EncodedMessage {
        answersInGzip ? message.gzippedIfSmaller : message
    }

    /// Has the source asked again.
    func wake() {
        guard let connection, !isClosed else { return }
        isWoken = true
        connection.session.resume(self)
        connection.scheduleFlush()
    }

    /// Ends the call with a status, after what was sent already.
    func finish(
        _ status: Status, _ metadata: Metadata = Metadata(), on connection: ServerConnection
    ) {
        state = .over
        // A message that waits for a window is an answer that has begun, too.
        let hasBegun = source != nil || message != nil
        countEnd(status.code)
        releaseWork(status)
        if hasBegun {
            finalStatus = status
            // Trailers follow the body; a client that does not take the body would never get them.
            connection.session.resume(self)
            connection.endAfterOutput(self)
            connection.resetAfterOutput(self, .cancel)
        } else {
            connection.session.respond(
                self, headers: ResponseFields.trailersOnly(status, metadata), hasBody: false)
            // The rest of the request is not wanted (RFC 9113, 8.1).
            if !isRequestComplete { connection.resetAfterOutput(self, .noError) }
        }
    }

    /// Counts the end of the call, once.
    @inline(__always)
    private func countEnd(_ code: StatusCode) {
        if isEndCounted { return }
        isEndCounted = true
        method?.counters.end(code)
    }

    /// Has the source asked again for its end, or cuts off a client that takes nothing.
    func wakeToEnd() {
        guard let connection, !isClosed else { return }
        connection.endAfterOutput(self)
        connection.resetAfterOutput(self, .cancel)
        wake()
    }

    func reject(on connection: ServerConnection) {
        guard let rejection else { return }
        state = .over
        plainBody = rejection.text
        // An empty body would wait for a window all the same.
        connection.session.respond(
            self, headers: .fixed(rejection.headers),
            hasBody: rejection.text.utf8CodeUnitCount > 0)
    }

    override func produce(into buffer: UnsafeMutableRawBufferPointer) -> Production {
        isWoken = false
        if let plainBody { return producePlain(plainBody, into: buffer) }
        var written = 0
        while true {
            if let message {
                written += copy(message.bytes, into: buffer, at: written)
                if sentOfMessage < message.bytes.count {
                    timeouts.sent(written)
                    return .some(written)
                }
                self.message = nil
                sentOfMessage = 0
                timeouts.sentMessage()
            }
            if let finalStatus { return .last(written, trailers: trailers(finalStatus)) }
            guard let source else { return .failed }
            switch source.next() {
            case .message(let next):
                method?.counters.messagesSent &+= 1
                message = work == nil ? encoded(next) : next
            case .later: return written > 0 ? .some(written) : .later
            case .end(let status): return end(status, after: written)
            }
        }
    }

    private func end(_ status: Status, after written: Int) -> Production {
        let trailers = ResponseFields.trailers(status, work?.trailing ?? Metadata())
        state = .over
        countEnd(status.code)
        // The rest of the request is not wanted (RFC 9113, 8.1).
        if !isRequestComplete { connection?.resetAfterOutput(self, .noError) }
        releaseWork(status)
        return .last(written, trailers: trailers)
    }

    private func copy(
        _ bytes: [UInt8], into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) -> Int {
        let count = min(bytes.count - sentOfMessage, buffer.count - offset)
        bytes.withUnsafeBytes {
            (buffer.baseAddress! + offset)
                .copyMemory(from: $0.baseAddress! + sentOfMessage, byteCount: count)
        }
        sentOfMessage += count
        return count
    }

    private func producePlain(
        _ text: StaticString, into buffer: UnsafeMutableRawBufferPointer
    ) -> Production {
        let count = min(text.utf8CodeUnitCount - sentOfMessage, buffer.count)
        buffer.baseAddress!.copyMemory(
            from: text.utf8Start + sentOfMessage, byteCount: count)
        sentOfMessage += count
        timeouts.sent(count)
        return sentOfMessage == text.utf8CodeUnitCount ? .last(count, trailers: nil) : .some(count)
    }

    @inline(__always)
    private func trailers(_ status: Status) -> HeaderFields {
        status.code == .ok
            ? .fixed(okTrailers ?? ResponseFields.okTrailers) : ResponseFields.trailers(status)
    }

    // MARK: The end

    /// The stream is closed: by the client, by an error, or because all is sent.
    func ended() {
        dropRequest(on: connection)
        state = .over
        countEnd(.cancelled)
        releaseWork(Status(.cancelled, "the client has left the call"))
        connection = nil
    }

    /// Stops whatever works for this call, and tells it why.
    private func releaseWork(_ status: Status) {
        if let deadlineTimer { connection?.worker.loop.cancel(deadlineTimer) }
        deadlineTimer = nil
        if let work {
            self.work = nil
            connection?.heldRequestBytes -= work.heldBytes
            connection?.worker.counters.changeHeldBytes(by: -work.requestBytes)
            work.end(status)
        }
        let ended = source
        source = nil
        ended?.callEnded()
        if isCountedAsStreaming { leaveStreaming() }
    }
}

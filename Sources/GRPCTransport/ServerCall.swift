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
    private enum State { case head, request, rejecting, answering, over }

    private var state = State.head
    private var method: Method?
    private var reader = UnaryRequestReader(maxMessageSize: 0)
    private var rejection: HTTPRejection?
    /// The client sends no more.
    private var isRequestComplete = false
    private var connection: ServerConnection?
    private var deadline: MonotonicTime?
    private var deadlineTimer: TimerID?
    private var task: Task<Void, Never>?

    // The answer.
    private var source: (any MessageSource)?
    private var message: EncodedMessage?
    private var plainBody: StaticString?
    private var sentOfMessage = 0
    private var finalStatus: Status?
    /// The messages may be in gzip: the client's were.
    private var answersInGzip = false

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
            finish(status, on: connection)
        case .call(let path, let timeout, let encoding, let answersInGzip):
            guard let method = connection.context.methods.method(at: path) else {
                finish(connection.context.methods.unimplemented(path), on: connection)
                return
            }
            if let timeout { deadline = connection.context.loop.now + timeout }
            state = .request
            self.method = method
            // In place: a new reader would be one more to let go of.
            reader.restart(maxMessageSize: method.maxRequestSize, encoding: encoding)
            self.answersInGzip = answersInGzip
            if endStream {
                received(
                    UnsafeRawBufferPointer(start: nil, count: 0), endStream: true, on: connection)
            }
        }
    }

    func received(
        _ bytes: UnsafeRawBufferPointer, endStream: Bool, on connection: ServerConnection
    ) {
        if isClosed { return }
        isRequestComplete = endStream
        switch state {
        case .request:
            let heldBefore = reader.heldBytes
            let action = reader.received(bytes, endStream: endStream)
            connection.heldRequestBytes += reader.heldBytes - heldBefore
            switch action {
            case .wait: waitForMore(on: connection)
            case .dispatch(let message): dispatch(message, on: connection)
            case .dispatchBuffered(let message):
                message.withUnsafeBytes { dispatch($0, on: connection) }
            case .fail(let status): finish(status, on: connection)
            }
        case .rejecting:
            if endStream { reject(on: connection) }
        case .head, .answering, .over:
            break
        }
    }

    /// The request is not complete: from now on its end, and its deadline, must be noticed.
    private func waitForMore(on connection: ServerConnection) {
        let limit = connection.context.configuration.maxRequestBytesPerConnection
        if connection.heldRequestBytes > limit {
            dropRequest(on: connection)
            finish(
                Status(.resourceExhausted, "too many request bytes are waiting on this connection"),
                on: connection)
            return
        }
        self.connection = connection
        observesClose = true
        startDeadline(on: connection)
    }

    private func dropRequest(on connection: ServerConnection?) {
        connection?.heldRequestBytes -= reader.heldBytes
        reader.drop()
    }

    private func dispatch(_ message: UnsafeRawBufferPointer, on connection: ServerConnection) {
        guard let method else { return }
        state = .answering
        do throws(Status) {
            switch method.handler {
            case .unary(let handler):
                self.message = encoded(try handler(message))
                finalStatus = .ok
                begin(on: connection)
            case .serverStreaming(let handler):
                keep(connection)
                source = try handler(message, CallWaker(call: self))
                begin(on: connection)
            case .asyncUnary(let handler):
                keep(connection)
                startTask(Array(message), handler, on: connection.context.loop)
            }
        } catch {
            finish(error, on: connection)
        }
    }

    /// The call outlives this turn.
    private func keep(_ connection: ServerConnection) {
        self.connection = connection
        observesClose = true
        startDeadline(on: connection)
    }

    private func startDeadline(on connection: ServerConnection) {
        guard let deadline, deadlineTimer == nil else { return }
        deadlineTimer = connection.context.loop.schedule(at: deadline) { [weak self] in
            guard let self, let connection = self.connection else { return }
            self.deadlineTimer = nil
            self.finish(Status(.deadlineExceeded, "the deadline has passed"), on: connection)
            connection.scheduleFlush()
        }
    }

    private func startTask(
        _ message: [UInt8],
        _ handler:
            @escaping @Sendable ([UInt8], CallContext) async throws(Status) -> EncodedMessage,
        on loop: EventLoop
    ) {
        let call = LoopBound(self, on: loop)
        let context = CallContext(deadline: deadline)
        task = Task(executorPreference: loop) {
            let outcome: Result<EncodedMessage, Status>
            do throws(Status) {
                outcome = .success(try await handler(message, context))
            } catch {
                outcome = .failure(error)
            }
            loop.post { call.value.completed(outcome) }
        }
    }

    private func completed(_ outcome: Result<EncodedMessage, Status>) {
        task = nil
        guard let connection, state == .answering, !isClosed else { return }
        switch outcome {
        case .success(let message):
            self.message = encoded(message)
            finalStatus = .ok
            begin(on: connection)
        case .failure(let status):
            finish(status, on: connection)
        }
        connection.scheduleFlush()
    }

    // MARK: The answer

    /// The header fields before the first message.
    private func begin(on connection: ServerConnection) {
        let fields = answersInGzip ? ResponseFields.initialGzip : ResponseFields.initial
        connection.session.respond(self, headers: .fixed(fields), hasBody: true)
    }

    @inline(__always)
    private func encoded(_ message: EncodedMessage) -> EncodedMessage {
        answersInGzip ? message.gzippedIfSmaller : message
    }

    /// Has the source asked again.
    func wake() {
        guard let connection, !isClosed else { return }
        connection.session.resume(self)
        connection.scheduleFlush()
    }

    /// Ends the call with a status, after what was sent already.
    private func finish(_ status: Status, on connection: ServerConnection) {
        state = .over
        // A message that waits for a window is an answer that has begun, too.
        let hasBegun = source != nil || message != nil
        releaseWork()
        if hasBegun {
            finalStatus = status
            // Trailers follow the body; a client that does not take the body would never get them.
            connection.session.resume(self)
            connection.resetAfterOutput(self, .cancel)
        } else {
            connection.session.respond(
                self, headers: ResponseFields.trailersOnly(status), hasBody: false)
            // The rest of the request is not wanted (RFC 9113, 8.1).
            if !isRequestComplete { connection.resetAfterOutput(self, .noError) }
        }
    }

    /// Has the source asked again for its end, or cuts off a client that takes nothing.
    func wakeToEnd() {
        guard let connection, !isClosed else { return }
        connection.resetAfterOutput(self, .cancel)
        wake()
    }

    private func reject(on connection: ServerConnection) {
        guard let rejection else { return }
        state = .over
        plainBody = rejection.text
        connection.session.respond(self, headers: .fixed(rejection.headers), hasBody: true)
    }

    override func produce(into buffer: UnsafeMutableRawBufferPointer) -> Production {
        if let plainBody { return producePlain(plainBody, into: buffer) }
        var written = 0
        while true {
            if let message {
                written += copy(message.bytes, into: buffer, at: written)
                if sentOfMessage < message.bytes.count { return .some(written) }
                self.message = nil
                sentOfMessage = 0
            }
            if let finalStatus { return .last(written, trailers: trailers(finalStatus)) }
            guard let source else { return .failed }
            switch source.next() {
            case .message(let next): message = encoded(next)
            case .later: return written > 0 ? .some(written) : .later
            case .end(let status):
                state = .over
                finalStatus = status
                releaseWork()
            }
        }
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
        return sentOfMessage == text.utf8CodeUnitCount ? .last(count, trailers: nil) : .some(count)
    }

    @inline(__always)
    private func trailers(_ status: Status) -> HeaderFields {
        status.code == .ok ? .fixed(ResponseFields.okTrailers) : ResponseFields.trailers(status)
    }

    // MARK: The end

    /// The stream is closed: by the client, by an error, or because all is sent.
    func ended() {
        dropRequest(on: connection)
        state = .over
        releaseWork()
        connection = nil
    }

    /// Stops whatever works for this call.
    private func releaseWork() {
        if let deadlineTimer { connection?.context.loop.cancel(deadlineTimer) }
        deadlineTimer = nil
        task?.cancel()
        task = nil
        let ended = source
        source = nil
        ended?.callEnded()
    }
}

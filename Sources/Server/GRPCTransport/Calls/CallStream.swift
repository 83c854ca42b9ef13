// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire
import HTTP2Wire
import SystemIO

/// One call on the server: does on its stream what its ``CallState`` says.
final class CallStream: HTTP2Stream {
    /// Lets go of the call when the stream closes; until then both hold each other.
    let connection: ServerConnection
    /// What has come of the call, and what is to be sent.
    var state = CallState.idle
    /// What the call is counted with: from its header block until its end is counted. Not retained, since the worker of the
    /// connection has it as long as it lives.
    private var countedMethod: Unmanaged<Method>?
    /// What makes the messages of an answer that is not there at once.
    var responder = Responder.none
    /// How the messages of the answer are encoded.
    var encoding = ResponseEncoding.identity
    /// When the client gives up, if it said so.
    private(set) var deadline: MonotonicTime?
    private var deadlineTimer: TimerID?
    /// How long the client has been waited for.
    var timeouts = CallTimeouts()
    /// Bytes of the request that the connection has counted as held for this call.
    var countedBytes = 0
    /// When a call began that its handler does not answer at once.
    private var began: MonotonicTime?
    /// The call has one of the places of those that stream.
    var hasStreamingPlace = false
    /// The responder has nothing, and has not been woken since.
    var isResponderResting = false
    /// What the responder knows this call by, while it is not over.
    private var link: CallLink?

    /// What makes the messages of an answer that is not there at once.
    enum Responder {
        case none
        case source(any MessageSource)
        case task(HandlerTask)
        /// The request is no call: it is plain HTTP.
        case plain(HTTPCall)
    }

    /// How the messages of an answer are encoded.
    enum ResponseEncoding {
        case identity
        /// In gzip where that makes a message smaller: the client's were in gzip.
        case gzip
        /// As its handler likes: the client takes gzip.
        case gzipByHandler
    }

    /// A call whose header block is coming.
    init(id: StreamID, on connection: ServerConnection) {
        self.connection = connection
        super.init(id: id)
    }

    /// Only a call that was answered at once begins again: all else is as it was at its start.
    override func beginAgain() {
        state = .idle
        encoding = .identity
        deadline = nil
        timeouts = CallTimeouts()
    }

    deinit { link?.cut() }

    /// Makes what a source knows this call by.
    func makeLink() -> CallLink {
        link?.cut()
        let link = CallLink(self)
        self.link = link
        return link
    }

    /// The method, while the call is counted with it.
    var method: Method? { countedMethod?.takeUnretainedValue() }

    /// The session of a server makes no other streams.
    static func of(_ stream: HTTP2Stream) -> CallStream {
        unsafeDowncast(stream, to: CallStream.self)
    }

    // MARK: The request

    /// The header block came.
    func received(_ block: HeaderBlock, endStream: Bool) {
        guard state.isIdle, !isClosed else { return }
        switch RequestHead(block) {
        case .notGRPC(let rejection): begin(rejection, endStream: endStream)
        case .plain(let rejection, let path, let isPost):
            if connection.worker.routes.servePlain(path, isPost: isPost) {
                beginPlain(block, endStream: endStream)
            } else {
                begin(rejection, endStream: endStream)
            }
        case .failed(let status):
            countStart(of: connection.worker.routes.methods.unknown)
            fail(status)
        case .call(let path, let timeout, let encoding, let answersInGzip):
            guard let method = connection.method(at: path) else {
                countStart(of: connection.worker.routes.methods.unknown)
                fail(connection.worker.routes.methods.unimplemented(path))
                return
            }
            if let timeout { deadline = connection.worker.loop.now + timeout }
            if answersInGzip { self.encoding = .gzip }
            guard method._withUnsafeGuaranteedRef({ begin($0, block, encoding) }) else { return }
            if endStream {
                received(UnsafeRawBufferPointer(start: nil, count: 0), endStream: true)
            }
        }
    }

    /// Begins a call of a method; false when it has failed.
    @inline(__always)
    private func begin(
        _ method: Method, _ block: HeaderBlock, _ encoding: MessageEncoding
    ) -> Bool {
        if method.isAsync {
            began = connection.worker.loop.now
            countStart(of: method)
            return prepareTask(for: method, block, encoding)
        }
        state.beganRequest(maxMessageSize: method.maxRequestSize, encoding)
        countStart(of: method)
        // Otherwise the rest of the request is in the same batch.
        if !isPeerDone { observeEnd() }
        return true
    }

    @inline(__always)
    private func countStart(of method: Method) {
        method.counters.started &+= 1
        connection.callBegan()
        countedMethod = Unmanaged.passUnretained(method)
    }

    /// Bytes of the request came.
    func received(_ bytes: UnsafeRawBufferPointer, endStream: Bool) {
        if isClosed { return }
        switch state.received(bytes, endStream: endStream) {
        case .handle(let message):
            // Whole at once: nothing of it was ever held.
            handle(message)
        case .wait:
            if !endStream { connection.session.consume(self, bytes.count) }
            checkHeldBytes()
        case .discard: connection.session.consume(self, bytes.count)
        case .forward:
            forward(bytes, endStream: endStream)
        case .nothing: break
        case let action: perform(action)
        }
    }

    /// Goes on with a request that is large or compressed, for as much as `allowance` has; true when there is more to
    /// do.
    func work(_ allowance: inout Int) -> Bool {
        if isClosed { return false }
        guard state.isReceiving else {
            guard case .task(let task) = responder else { return false }
            return task.deliver(&allowance)
        }
        let action = connection.withDecompressionBudget {
            state.continueReading(&allowance, &$0)
        }
        if case .deferReading = action { return checkHeldBytes() }
        perform(action)
        connection.scheduleFlush()
        return false
    }

    private func perform(_ action: CallState.OnData) {
        updateHeldBytes()
        switch action {
        case .handleCopy(let message, let wasCompressed):
            message.withUnsafeBytes { handle($0, copy: message, wasCompressed: wasCompressed) }
        case .deferReading: if checkHeldBytes() { deferReading() }
        case .reject: reject()
        case .fail(let status): fail(status)
        case .nothing, .wait, .discard, .forward, .handle: break
        }
    }

    /// Has the request read on when there is time for it.
    func deferReading() {
        observeEnd()
        connection.worker.pendingWork.run(self)
    }

    /// Calls the handler; `copy` is the message as well, where there is one.
    private func handle(
        _ message: UnsafeRawBufferPointer, copy: [UInt8]? = nil, wasCompressed: Bool = false
    ) {
        guard let countedMethod else { return }
        connection.traffic.messageReceived(at: connection.clock.latestByte)
        let failure: Status? = countedMethod._withUnsafeGuaranteedRef { method in
            method.counters.messagesReceived &+= 1
            do throws(Status) {
                if method.isImmediate {
                    let (answer, trailers) = try method.answer(message, self)
                    self.answer(answer, trailers, method)
                } else {
                    try begin(method.handler, message, copy, wasCompressed)
                }
                return nil
            } catch {
                return error
            }
        }
        if let failure { fail(failure) }
    }

    /// Begins what answers later.
    private func begin(
        _ handler: MethodHandler, _ message: UnsafeRawBufferPointer, _ copy: [UInt8]?,
        _ wasCompressed: Bool
    ) throws(Status) {
        switch handler {
        case .unary, .unaryWithTrailers: break
        case .serverStreaming(let handler):
            began = connection.worker.loop.now
            try admitStreaming()
            observeEnd()
            responder = .source(try handler(message, CallWaker(of: self)))
            perform(state.beganStreaming())
        case .asyncUnary, .clientStreaming, .asyncServerStreaming, .bidiStreaming:
            guard case .task(let task) = responder else { return }
            let message = copy ?? Array(message)
            try task.hold(message)
            task.start(handler, message, wasCompressed: wasCompressed)
        }
    }

    /// From now on the stream's end, and the deadline, have to be noticed.
    func observeEnd() {
        observesClose = true
        guard let deadline, deadlineTimer == nil else { return }
        deadlineTimer = connection.worker.loop.schedule(at: deadline) { [weak self] in
            guard let self, !self.isClosed else { return }
            self.deadlineTimer = nil
            self.fail(Status(.deadlineExceeded, "the deadline has passed"))
            self.connection.scheduleFlush()
        }
    }

    // MARK: The answer

    /// Answers at once, from a handler that has not kept the call waiting.
    @inline(__always)
    private func answer(
        _ message: consuming EncodedMessage, _ trailers: FixedHeaderFields?, _ method: Method
    ) {
        if encoding == .gzip { message = message.gzippedIfSmaller }
        perform(
            state.answered(message, trailers: .fixed(trailers ?? ResponseFields.okTrailers)))
        countedMethod = nil
        method.counters.messagesSent &+= 1
        method.counters.endWell()
        // In the tick of the request, but for one that was long: that is near enough.
        connection.traffic.messageSent(at: connection.clock.latestByte)
        canBeginAgain = isPeerDone && !observesClose
        // Nothing is left to be cleaned up.
        observesClose = deadlineTimer != nil
    }

    /// The message as it is sent to this client.
    @inline(__always)
    func encoded(_ message: EncodedMessage) -> EncodedMessage {
        encoding == .gzip ? message.gzippedIfSmaller : message
    }

    /// Sends what an event of the answer asks for.
    @inline(__always)
    func perform(_ action: CallState.OnAnswer) {
        switch action {
        case .begin:
            let fields =
                encoding == .identity ? ResponseFields.initial : ResponseFields.initialGzip
            connection.lendSession { _ = $0.respond(self, headers: .fixed(fields), hasBody: true) }
        case .resume: connection.lendSession { $0.resume(self) }
        case .respond(let fields): connection.session.respond(self, headers: fields, hasBody: false)
        case .respondPlain(let fields, let hasBody):
            connection.session.respond(self, headers: .fixed(fields), hasBody: hasBody)
        case .nothing: break
        }
    }

    /// Answers in plain HTTP.
    func reject() { perform(state.rejected()) }

    /// Ends the call with a status, after what was sent already.
    func fail(_ status: Status, _ metadata: Metadata = Metadata()) {
        let action = state.failed(status, metadata)
        release(status)
        perform(action)
        switch action {
        case .resume:
            // Trailers follow the body; a client that does not take the body would never get them.
            connection.endAfterOutput(self)
            connection.resetAfterOutput(self, .cancel)
        case .respond: refuseRest()
        default: break
        }
    }

    /// The session asks for the body.
    override func produce(into buffer: UnsafeMutableRawBufferPointer) -> Production {
        var offset = 0
        while true {
            let start = offset
            switch state.write(into: buffer, at: &offset) {
            case .last(let trailers):
                if countedMethod != nil { complete(.ok) }
                return .last(offset, trailers: trailers)
            case .full:
                timeouts.sent(offset)
                return .some(offset)
            case .ask:
                if offset > start { timeouts.sentMessage() }
                // nghttp2 asks again after each message: to pass that on was 4 % of a change that a watcher is told.
                switch isResponderResting ? .later : askResponder() {
                case .message(let message): send(message)
                case .latest(let message):
                    isResponderResting = true
                    send(message)
                case .later:
                    isResponderResting = true
                    return offset > 0 ? .some(offset) : .later
                case .end(let status): return end(status, after: offset)
                }
            case .none:
                if case .plain(let call) = responder { return call.produce(into: buffer) }
                return .failed
            }
        }
    }

    private func end(_ status: Status, after offset: Int) -> Production {
        var trailing = Metadata()
        if case .task(let task) = responder { trailing = task.trailing }
        state.end()
        complete(status)
        return .last(offset, trailers: ResponseFields.trailers(status, trailing))
    }

    // MARK: The end

    /// The last message has been taken.
    func complete(_ status: Status) {
        release(status)
        refuseRest()
    }

    /// The rest of the request is not wanted (RFC 9113, 8.1).
    func refuseRest() {
        if !isPeerDone { connection.resetAfterOutput(self, .noError) }
    }

    /// The stream is closed: by the client, by an error, or because all is sent.
    func closed() {
        state.end()
        release(Status(.cancelled, "the client has left the call"))
    }

    /// Counts the end of the call, stops what works for it, and gives back what it holds.
    private func release(_ status: Status) {
        if let method {
            method.counters.end(status.code)
            // One that ended before its handler began took no time that is worth telling.
            let now = connection.worker.loop.now
            if !method.isImmediate { method.latency.record(now - (began ?? now)) }
        }
        countedMethod = nil
        if let deadlineTimer { connection.worker.loop.cancel(deadlineTimer) }
        deadlineTimer = nil
        link?.cut()
        link = nil
        let responder = responder
        self.responder = .none
        switch responder {
        case .none: break
        case .source(let source): source.callEnded()
        case .task(let task): task.end(status)
        case .plain(let call): call.end()
        }
        updateHeldBytes()
        if hasStreamingPlace { leaveStreaming() }
    }
}

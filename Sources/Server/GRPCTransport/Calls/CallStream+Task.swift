// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire
import HTTP2Wire

/// What a call does for the task of its handler, or for another source of messages.
extension CallStream {
    /// Makes the task of an asynchronous handler. False when the call has failed.
    func prepareTask(
        for method: Method, _ block: HeaderBlock, _ encoding: MessageEncoding
    ) -> Bool {
        if case .byHandler = method.options.compression {
            let accepted = block.value(of: .grpcAcceptEncoding)
            let acceptsGzip = accepted.map { MessageEncoding.acceptsGzip($0) } ?? false
            self.encoding = acceptsGzip ? .gzipByHandler : .identity
        }
        var metadata = Metadata()
        do throws(Status) {
            if method.isStreaming {
                try admitStreaming()
            } else {
                _ = try connection.requireAdmission()
            }
            if method.options.readsMetadata { metadata = try Metadata(block) }
        } catch {
            fail(error)
            return false
        }
        let worker = connection.worker
        let executor: any TaskExecutor =
            switch method.options.place {
            case .loop: worker.loop
            case .pool: worker.routes.pool ?? worker.loop
            }
        let task = HandlerTask(
            for: self, on: executor, metadata: metadata, maxMessageSize: method.maxRequestSize,
            encoding)
        responder = .task(task)
        observeEnd()
        if method.takesOneMessage {
            state.beganRequest(maxMessageSize: method.maxRequestSize, encoding)
        } else {
            state.beganStreamingRequest()
            task.start(method.handler)
            // It came before its client knew.
            if connection.shutdown.isStarted { serverIsEnding() }
        }
        return true
    }

    /// The client was asked to leave: a call that would last as long as it likes ends.
    func serverIsEnding() {
        guard method?.options.endsWithServer == true, case .task(let task) = responder else {
            return
        }
        task.endRequest()
    }

    /// Sends the header fields of an answer of several messages, unless that has been done: then false.
    func beginStreaming(_ metadata: Metadata) -> Bool {
        guard case .begin = state.beganStreaming() else { return false }
        connection.session.respond(
            self, headers: ResponseFields.initial(metadata, inGzip: encoding != .identity),
            hasBody: true)
        connection.scheduleFlush()
        return true
    }

    /// The handler has returned the one message of the answer.
    func handlerAnswered(_ message: EncodedMessage, _ trailing: Metadata) {
        method?.counters.messagesSent &+= 1
        connection.traffic.messageSent(at: connection.worker.loop.now)
        perform(
            state.answered(message, trailers: ResponseFields.trailers(.ok, trailing)))
        connection.scheduleFlush()
    }

    /// The handler has returned without one.
    func handlerEnded(_ status: Status, _ trailing: Metadata) {
        if state.isStreaming {
            connection.endAfterOutput(self)
            return wake()
        }
        fail(status, trailing)
        connection.scheduleFlush()
    }

    /// The client may send `count` bytes more.
    func consumed(_ count: Int) {
        updateHeldBytes()
        if count == 0 || isPeerDone { return }
        connection.session.consume(self, count)
        connection.scheduleFlush()
    }

    /// Has this message sent next, and counts it.
    @inline(__always)
    func send(_ message: EncodedMessage) {
        method?.counters.messagesSent &+= 1
        connection.traffic.messageSent(at: connection.worker.loop.now)
        state.took(message)
    }

    /// Asks what makes the messages for the next one.
    func askResponder() -> NextMessage {
        switch responder {
        case .none, .plain: .later
        case .source(let source):
            switch source.next() {
            case .message(let message): .message(encoded(message))
            case .latest(let message): .latest(encoded(message))
            case let other: other
            }
        case .task(let task): task.next()
        }
    }

    /// Has the responder asked again.
    func wake() {
        if isClosed { return }
        isResponderResting = false
        perform(state.becameDue())
        connection.scheduleFlush()
    }

    /// Has it asked again, and with it the other sources of this connection that have news; how many were.
    func wakeConnection() -> Int {
        if isClosed { return 0 }
        wake()
        if connection.streamingCalls < 2 { return 1 }
        var count = 1
        // None closes: to wake it only queues it.
        connection.session.visitStreams { stream in
            let call = CallStream.of(stream)
            guard case .source(let source) = call.responder, source.takeNews() else { return }
            call.wake()
            count += 1
        }
        return count
    }

    /// Has the responder asked again for its end, or cuts off a client that takes nothing.
    func wakeToEnd() {
        if isClosed { return }
        connection.endAfterOutput(self)
        connection.resetAfterOutput(self, .cancel)
        wake()
    }
}

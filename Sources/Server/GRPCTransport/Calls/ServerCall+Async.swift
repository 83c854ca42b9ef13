// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire
import HTTP2Wire

/// What a call does for a handler that runs as a task.
extension ServerCall {
    /// Makes what an asynchronous handler needs, and starts one that reads its request itself. False when there
    /// is nothing more to do with the header block.
    func prepareWork(
        _ method: Method, _ block: HeaderBlock, _ encoding: MessageEncoding,
        on connection: ServerConnection
    ) -> Bool {
        var (metadata, acceptsGzip): (Metadata, Bool?) = (Metadata(), nil)
        if case .byHandler = method.options.compression {
            let accepted = block.value(of: .grpcAcceptEncoding)
            answersInGzip = accepted.map { MessageEncoding.acceptsGzip($0) } ?? false
            acceptsGzip = answersInGzip
        }
        do throws(Status) {
            if method.isStreaming {
                try admitStreaming(on: connection)
            } else {
                _ = try connection.requireAdmission()
            }
            if method.options.readsMetadata { metadata = try Metadata(block) }
        } catch {
            finish(error, on: connection)
            return false
        }
        let loop = connection.worker.loop
        let executor: any TaskExecutor =
            switch method.options.place {
            case .loop: loop
            case .pool: connection.worker.routes.pool ?? loop
            }
        let work = CallTask(
            self, on: loop, executor: executor, metadata: metadata, acceptsGzip: acceptsGzip)
        self.work = work
        keep(connection)
        switch method.handler {
        case .clientStreaming, .bidiStreaming: break
        default: return true
        }
        state = .answering
        work.expectMessages(maxMessageSize: method.maxRequestSize, encoding: encoding)
        if isRequestComplete {
            work.received(UnsafeRawBufferPointer(start: nil, count: 0), endStream: true)
        }
        work.start(method.handler, [], context(work, on: connection))
        return false
    }

    func context(_ work: CallTask, on connection: ServerConnection) -> CallContext {
        CallContext(
            deadline: deadline, metadata: work.metadata, acceptsGzip: work.acceptsGzip ?? false,
            requestWasCompressed: reader.wasCompressed,
            network: connection.socket.address.network, executor: work.executor,
            work: LoopBound(work, on: connection.worker.loop))
    }

    /// Starts a handler that is given the one message of its request, which counts as held until it ends.
    func start(
        _ work: CallTask, _ handler: MethodHandler, _ message: [UInt8],
        on connection: ServerConnection
    ) throws(Status) {
        work.requestBytes = 2 * message.count
        connection.worker.counters.changeHeldBytes(by: work.requestBytes)
        try connection.worker.checkHeldBytes()
        work.start(handler, message, context(work, on: connection))
    }

    /// Begins the answer, unless it has begun: then false.
    func begin(_ metadata: Metadata, _ work: CallTask) -> Bool {
        guard let connection, source == nil else { return false }
        source = work
        connection.session.respond(
            self, headers: ResponseFields.initial(metadata, inGzip: answersInGzip), hasBody: true)
        connection.scheduleFlush()
        return true
    }

    /// Ends the call with what its handler says, when all its messages are sent.
    func handlerEnded(_ status: Status, _ work: CallTask) {
        guard let connection else { return }
        if source != nil {
            connection.endAfterOutput(self)
            return wake()
        }
        finish(status, work.trailing, on: connection)
        connection.scheduleFlush()
    }

    func countReceived() { method?.counters.messagesReceived &+= 1 }

    /// Has a message of a streaming request made ready when there is time for it.
    func waitForWork() {
        if let connection { waitForWork(on: connection) }
    }

    func withDecompressionBudget<Result>(
        _ body: (inout Int) throws(Status) -> Result
    ) throws(Status) -> Result {
        guard let connection else { throw Status(.cancelled, "the call is over") }
        return try connection.withDecompressionBudget(body)
    }

    /// The handler has taken messages of `released` bytes; the client may send `count` more.
    func consumed(_ count: Int, released: Int) {
        guard let connection else { return }
        connection.heldRequestBytes -= released
        if count == 0 || isRequestComplete { return }
        connection.session.consume(self, count)
        connection.scheduleFlush()
    }
}

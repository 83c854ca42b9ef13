// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Containers
import EventLoops
import GRPCWire
import SystemIO

/// The task of an asynchronous handler, and what stands between it and its call: messages of the request that it has
/// not asked for, and messages of the answer that the client has not taken. Belongs to the call's loop.
///
/// ```
///   ready -- start --> running -- the handler returns --> returned: what waits is still sent
///     |                   |                                   |
///     +-------------------+--------- the call ends -----------+--> ended: the task is cancelled,
///                                                                  its reads and writes throw
/// ```
final class HandlerTask {
    private enum State {
        case ready
        case running(Task<Void, Never>)
        case returned(Status)
        case ended(Status)
    }

    /// The handler's read of the request.
    private enum Reader {
        case none
        case waiting(Reading)
        /// The next message is large or compressed, and is made ready when there is time.
        case deferred(Reading)
    }

    /// A handler that waits for a message of the request.
    typealias Reading = CheckedContinuation<Result<RequestMessage?, Status>, Never>
    /// A handler that waits for the client to take messages.
    typealias Writing = CheckedContinuation<Result<Void, Status>, Never>

    /// The call, until it ends: a handler may live longer, and the call's connection must not.
    private var stream: CallStream?
    private var state = State.ready
    private let loop: EventLoop
    private let executor: any TaskExecutor
    private let metadata: Metadata
    /// Goes with the status.
    var trailing = Metadata()

    private var requests: RequestMessageQueue
    private var reader = Reader.none
    /// The handler gets no more messages, whatever comes.
    private var endsEarly = false
    /// Bytes that came and do not count as read yet: the client's window is smaller by them.
    private var unread = 0
    /// What the message of a request that has one is counted as held for: itself, and what is read of it.
    private var messageBytes = 0

    private var answers = AnswerQueue()
    private var writings: [Writing] = []

    /// Bytes of answers that may wait before a writer has to.
    private static let waitingLimit = 32 << 10

    /// A task for the handler of `stream`, to be run on `executor`.
    init(
        for stream: CallStream, on executor: any TaskExecutor, metadata: Metadata,
        maxMessageSize: Int, _ encoding: MessageEncoding
    ) {
        self.stream = stream
        self.executor = executor
        self.metadata = metadata
        loop = stream.connection.worker.loop
        requests = RequestMessageQueue(maxMessageSize: maxMessageSize, encoding: encoding)
    }

    // MARK: The handler

    /// Counts the one message of a request as held until the call ends. Throws when too much is held.
    func hold(_ message: [UInt8]) throws(Status) {
        guard let worker = stream?.connection.worker else { return }
        messageBytes = 2 * message.count
        worker.changeHeldBytes(by: messageBytes)
        try worker.checkHeldBytes()
    }

    /// Runs a handler in the way that its kind asks for; `message` is for those whose request has only one.
    func start(_ handler: MethodHandler, _ message: [UInt8] = [], wasCompressed: Bool = false) {
        guard let stream else { return }
        let task = LoopBound(self, on: loop)
        let context = CallContext(
            deadline: stream.deadline, metadata: metadata,
            acceptsGzip: stream.encoding == .gzipByHandler, requestWasCompressed: wasCompressed,
            network: stream.connection.socket.address.network, executor: executor, task: task)
        let (requests, writer) = (RequestMessages(task: task), ResponseWriter(task: task))
        switch handler {
        case .unary, .unaryWithTrailers, .serverStreaming: break
        case .asyncUnary(let handler):
            run { () async throws(Status) in try await handler(message, context) }
        case .clientStreaming(let handler):
            run { () async throws(Status) in try await handler(requests, context) }
        case .asyncServerStreaming(let handler):
            run { () async throws(Status) in
                try await handler(message, writer, context)
                return nil
            }
        case .bidiStreaming(let handler):
            run { () async throws(Status) in
                try await handler(requests, writer, context)
                return nil
            }
        }
    }

    /// Has `body` run until it ends, or the call does. What it returns is the whole answer.
    private func run(_ body: @escaping @Sendable () async throws(Status) -> EncodedMessage?) {
        let this = LoopBound(self, on: loop)
        let task = Task(executorPreference: executor) {
            let result: Result<EncodedMessage?, Status>
            do throws(Status) { result = .success(try await body()) } catch {
                result = .failure(error)
            }
            await this.perform { $0.handlerReturned(result) }
        }
        state = .running(task)
    }

    private func handlerReturned(_ result: Result<EncodedMessage?, Status>) {
        guard let stream else { return }
        do throws(Status) {
            let message = try result.get()
            state = .returned(.ok)
            if let message {
                stream.handlerAnswered(try encoded(message, on: stream), trailing)
            } else {
                stream.handlerEnded(.ok, trailing)
            }
        } catch {
            state = .returned(error)
            stream.handlerEnded(error, trailing)
        }
    }

    // MARK: The request

    /// Bytes of the request that wait for the handler.
    var heldBytes: Int { requests.heldBytes }

    /// Bytes of the request came.
    func received(_ bytes: UnsafeRawBufferPointer, endStream: Bool) {
        requests.append(bytes, endStream: endStream)
        unread += bytes.count
        deliver()
    }

    /// Gives the next message of the request to `reading`, when it has come.
    func read(_ reading: Reading) {
        if case .ended(let status) = state { return reading.resume(returning: .failure(status)) }
        guard case .none = reader else {
            let status = Status(.internal, "concurrent reads of one request stream")
            return reading.resume(returning: .failure(status))
        }
        if endsEarly { return reading.resume(returning: .success(nil)) }
        reader = .waiting(reading)
        deliver()
    }

    /// Ends the request for its handler, which then can end the call well.
    func endRequest() {
        endsEarly = true
        switch reader {
        case .none: break
        case .waiting(let reading), .deferred(let reading): reading.resume(returning: .success(nil))
        }
        reader = .none
    }

    /// Gives the next message to a handler that waits for it, at once if that takes no work.
    private func deliver() {
        guard case .waiting = reader else { return }
        var nothing = 0
        if deliver(&nothing) { stream?.deferReading() }
    }

    /// Gives the next message to a handler that waits for it; true when that takes more work than `allowance` has.
    func deliver(_ allowance: inout Int) -> Bool {
        let reading: Reading
        switch reader {
        case .none: return false
        case .waiting(let waiting), .deferred(let waiting): reading = waiting
        }
        guard let stream else { return false }
        defer { openWindow(of: stream) }
        let result: Result<RequestMessage?, Status>
        do throws(Status) {
            let next = try stream.connection.withDecompressionBudget { budget throws(Status) in
                try requests.next(&allowance, &budget)
            }
            switch next {
            case .message(let message):
                stream.method?.counters.messagesReceived &+= 1
                stream.connection.traffic.messageReceived(at: stream.connection.clock.latestByte)
                result = .success(message)
            case .end: result = .success(nil)
            case .later:
                reader = .waiting(reading)
                return false
            case .work:
                reader = .deferred(reading)
                return true
            }
        } catch {
            result = .failure(error)
        }
        reader = .none
        reading.resume(returning: result)
        return false
    }

    /// Opens the client's window by what was taken, and by all of it while the handler waits for more.
    private func openWindow(of stream: CallStream) {
        var read = max(0, unread - heldBytes)
        if case .waiting = reader { read = unread }
        unread -= read
        stream.consumed(read)
    }

    // MARK: The answer

    /// Sends the initial metadata.
    func sendInitialMetadata(_ metadata: Metadata) -> Result<Void, Status> {
        if case .ended(let status) = state { return .failure(status) }
        guard let stream, stream.beginStreaming(metadata) else {
            return .failure(Status(.internal, "initial metadata after the answer has begun"))
        }
        return .success(())
    }

    /// Sends a message, and resumes `writing` when few enough are waiting.
    func write(_ message: EncodedMessage, _ writing: Writing) {
        if case .ended(let status) = state { return writing.resume(returning: .failure(status)) }
        guard let stream else { return }
        do throws(Status) {
            let message = try encoded(message, on: stream)
            answers.append(message)
            stream.connection.worker.changeHeldBytes(by: message.bytes.count)
            try stream.connection.worker.checkHeldBytes()
        } catch {
            return writing.resume(returning: .failure(error))
        }
        _ = stream.beginStreaming(Metadata())
        stream.wake()
        if answers.byteCount <= Self.waitingLimit {
            writing.resume(returning: .success(()))
        } else {
            writings.append(writing)
        }
    }

    private func encoded(
        _ message: EncodedMessage, on stream: CallStream
    ) throws(Status) -> EncodedMessage {
        if message.isCompressed, stream.encoding != .gzipByHandler {
            throw Status(.internal, "a compressed answer, and no grpc-encoding was agreed")
        }
        return stream.encoded(message)
    }

    /// The next message for the client.
    func next() -> NextMessage {
        guard let message = answers.popFirst() else {
            if case .returned(let status) = state { return .end(status) }
            return .later
        }
        stream?.connection.worker.changeHeldBytes(by: -message.bytes.count)
        if answers.byteCount <= Self.waitingLimit { resumeWritings(.success(())) }
        return .message(message)
    }

    private func resumeWritings(_ result: Result<Void, Status>) {
        if writings.isEmpty { return }
        let all = writings
        writings = []
        for writing in all { writing.resume(returning: result) }
    }

    // MARK: The end

    /// The call is over: a handler that works for it, or waits, learns why.
    func end(_ status: Status) {
        guard let stream else { return }
        if case .running(let task) = state { task.cancel() }
        state = .ended(status)
        let heldBytes = messageBytes + answers.byteCount
        stream.connection.worker.changeHeldBytes(by: -heldBytes)
        self.stream = nil
        requests.drop()
        answers = AnswerQueue()
        switch reader {
        case .none: break
        case .waiting(let reading), .deferred(let reading):
            reading.resume(returning: .failure(status))
        }
        reader = .none
        resumeWritings(.failure(status))
    }
}

/// Messages of an answer that the client has not taken.
struct AnswerQueue {
    private var messages = Queue<EncodedMessage>()
    /// Bytes of the messages that wait.
    private(set) var byteCount = 0

    /// Adds a message at the end.
    mutating func append(_ message: EncodedMessage) {
        messages.append(message)
        byteCount += message.bytes.count
    }

    /// Takes the oldest message out.
    mutating func popFirst() -> EncodedMessage? {
        guard let message = messages.popFirst() else { return nil }
        byteCount -= message.bytes.count
        return message
    }
}

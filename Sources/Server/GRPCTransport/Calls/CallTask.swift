// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire

/// What stands between a call and its asynchronous handler: messages of the request that the handler has not
/// asked for, and answers that the client has not taken. Belongs to the call's loop.
///
/// ```
///   prepared -> running (the task reads and writes) -> ended by the handler: what waits is still sent
///                 \-> ended by the call: the task is cancelled, reads and writes throw
/// ```
final class CallTask: MessageSource {
    typealias Reading = CheckedContinuation<Result<RequestMessage?, Status>, Never>
    typealias Writing = CheckedContinuation<Result<Void, Status>, Never>

    private let call: ServerCall
    let loop: EventLoop
    let metadata: Metadata
    /// Nil when the call's method compresses as its client does.
    let acceptsGzip: Bool?
    /// Goes with the status.
    var trailing = Metadata()
    /// Runs the handler.
    let executor: any TaskExecutor
    private var task: Task<Void, Never>?

    private var requests = RequestMessageQueue(maxMessageSize: 0, encoding: .identity)
    private var reading: Reading?
    /// The next message is large or compressed, and waits for its turn.
    private var isWaitingForWork = false
    /// Bytes that came and do not count as read yet: the client's window is smaller by them.
    private var unread = 0

    private var waiting: [EncodedMessage] = []
    private var firstWaiting = 0
    private var waitingBytes = 0
    private var writings: [Writing] = []

    /// What the handler ended with.
    private var outcome: Status?
    /// Why the call is over.
    private var ending: Status?

    /// Bytes of answers that may wait before a writer has to.
    private static let waitingLimit = 32 << 10

    init(
        _ call: ServerCall, on loop: EventLoop, executor: any TaskExecutor, metadata: Metadata,
        acceptsGzip: Bool?
    ) {
        self.call = call
        self.loop = loop
        self.executor = executor
        self.metadata = metadata
        self.acceptsGzip = acceptsGzip
    }

    /// Runs a handler in the way that its kind asks for.
    func start(_ handler: MethodHandler, _ message: [UInt8], _ context: CallContext) {
        let work = context.work
        let (requests, writer) = (RequestMessages(work: work), ResponseWriter(work: work))
        switch handler {
        case .unary, .unaryWithTrailers, .serverStreaming: break
        case .asyncUnary(let handler):
            start { () async throws(Status) in try await handler(message, context) }
        case .clientStreaming(let handler):
            start { () async throws(Status) in try await handler(requests, context) }
        case .asyncServerStreaming(let handler):
            start { () async throws(Status) in
                try await handler(message, writer, context)
                return nil
            }
        case .bidiStreaming(let handler):
            start { () async throws(Status) in
                try await handler(requests, writer, context)
                return nil
            }
        }
    }

    /// Has `body` run until it ends, or the call does. What it returns is its last message.
    private func start(_ body: @escaping @Sendable () async throws(Status) -> EncodedMessage?) {
        let work = LoopBound(self, on: loop)
        task = Task(executorPreference: executor) {
            let outcome: Result<EncodedMessage?, Status>
            do throws(Status) { outcome = .success(try await body()) } catch {
                outcome = .failure(error)
            }
            await work.perform { $0.handlerEnded(outcome) }
        }
    }

    private func handlerEnded(_ result: Result<EncodedMessage?, Status>) {
        task = nil
        if ending != nil { return }
        do throws(Status) {
            if let message = try result.get() { try append(message) }
            outcome = .ok
        } catch {
            outcome = error
        }
        call.handlerEnded(outcome ?? .ok, self)
    }

    // MARK: In

    /// The request has several messages, which come as they are read.
    func expectMessages(maxMessageSize: Int, encoding: MessageEncoding) {
        requests = RequestMessageQueue(maxMessageSize: maxMessageSize, encoding: encoding)
    }

    var heldBytes: Int { requests.heldBytes }
    /// What the one message of a request takes while its handler runs: the message, and what is read of it.
    var requestBytes = 0

    func received(_ bytes: UnsafeRawBufferPointer, endStream: Bool) {
        requests.append(bytes, endStream: endStream)
        unread += bytes.count
        lookForNext()
    }

    func read(_ reading: Reading) {
        if let ending { return reading.resume(returning: .failure(ending)) }
        guard self.reading == nil else {
            let status = Status(.internal, "a request is read by two at once")
            return reading.resume(returning: .failure(status))
        }
        self.reading = reading
        lookForNext()
    }

    private func lookForNext() {
        var nothing = 0
        if !isWaitingForWork, readNext(&nothing) { call.waitForWork() }
    }

    /// Gives the next message to who waits for it; true when that takes more work than `allowance` has.
    func readNext(_ allowance: inout Int) -> Bool {
        guard let reading else { return false }
        let heldBefore = heldBytes
        defer { opened(heldBefore) }
        let answer: Result<RequestMessage?, Status>
        isWaitingForWork = false
        do throws(Status) {
            switch try call.withDecompressionBudget({ budget throws(Status) in
                try requests.next(&allowance, &budget)
            }) {
            case .message(let message):
                call.countReceived()
                answer = .success(message)
            case .end: answer = .success(nil)
            case .later: return false
            case .work:
                isWaitingForWork = true
                return true
            }
        } catch {
            answer = .failure(error)
        }
        self.reading = nil
        reading.resume(returning: answer)
        return false
    }

    /// Opens the client's window by what was taken, and by all of it while somebody waits for more.
    private func opened(_ heldBefore: Int) {
        let isWaiting = reading != nil && !isWaitingForWork
        let read = isWaiting ? unread : max(0, unread - heldBytes)
        unread -= read
        call.consumed(read, released: heldBefore - heldBytes)
    }

    // MARK: Out

    func begin(_ metadata: Metadata) -> Result<Void, Status> {
        if let ending { return .failure(ending) }
        guard call.begin(metadata, self) else {
            return .failure(Status(.internal, "initial metadata after the answer has begun"))
        }
        return .success(())
    }

    func write(_ message: EncodedMessage, _ writing: Writing) {
        do throws(Status) {
            try append(message)
        } catch {
            return writing.resume(returning: .failure(error))
        }
        if waitingBytes <= Self.waitingLimit {
            writing.resume(returning: .success(()))
        } else {
            writings.append(writing)
        }
    }

    private func append(_ message: EncodedMessage) throws(Status) {
        if let ending { throw ending }
        if message.isCompressed, acceptsGzip != true {
            throw Status(.internal, "a compressed answer, and no grpc-encoding was agreed")
        }
        _ = call.begin(Metadata(), self)
        let message = acceptsGzip == nil ? call.encoded(message) : message
        waiting.append(message)
        waitingBytes += message.bytes.count
        call.wake()
    }

    func next() -> NextMessage {
        guard firstWaiting < waiting.count else {
            if let outcome { return .end(outcome) }
            return .later
        }
        let message = waiting[firstWaiting]
        firstWaiting += 1
        // Not one by one: that would move all the others each time.
        if firstWaiting * 2 >= waiting.count {
            waiting.removeFirst(firstWaiting)
            firstWaiting = 0
        }
        waitingBytes -= message.bytes.count
        if waitingBytes <= Self.waitingLimit { resumeWritings(.success(())) }
        return .message(message)
    }

    private func resumeWritings(_ result: Result<Void, Status>) {
        if writings.isEmpty { return }
        let all = writings
        writings = []
        for writing in all { writing.resume(returning: result) }
    }

    // MARK: The end

    func callEnded() { end(Status(.cancelled, "the call was cancelled")) }

    /// The call is over: whoever works for it, or waits, learns why.
    func end(_ status: Status) {
        if ending != nil { return }
        ending = status
        waiting = []
        requests.drop()
        reading?.resume(returning: .failure(status))
        reading = nil
        resumeWritings(.failure(status))
        task?.cancel()
        task = nil
    }
}

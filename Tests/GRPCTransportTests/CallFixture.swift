// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCTransport
import GRPCWire
import HTTPRouting
import TestSupport
import Testing

/// A server with a method of every kind, and what a test needs to steer them.
final class CallFixture: Sendable {
    /// Sources of streaming calls, as they are opened.
    let sources = Mailbox<LoopBound<TestSource>>()
    /// Told of each `callEnded()`.
    let ended = Mailbox<Void>()
    /// Asynchronous calls that have begun, with the request's bytes.
    let begun = Mailbox<[UInt8]>()
    /// Asynchronous calls that have left their wait: was it by cancellation?
    let cancellations = Mailbox<Bool>()
    let gate = Gate()
    let server: TestServer

    init(
        loops: Int = 1, configuration: ServerConfiguration = .patient,
        http: [any HTTPService] = []
    ) throws {
        let service = TestService { [sources, ended, begun, cancellations, gate] table, loop in
            table.add(
                "/test.Calls/Echo", maxRequestSize: MessageReader.defaultMaxMessageSize,
                .unary { message(Array($0)) })
            table.add("/test.Calls/Limited", maxRequestSize: 10, .unary { message(Array($0)) })
            table.add(
                "/test.Calls/Fail", maxRequestSize: MessageReader.defaultMaxMessageSize,
                .unary { _ throws(Status) in throw Status(.aborted, "no é\n") })
            table.add(
                "/test.Calls/Large",
                .unary { _ in
                    EncodedMessage(count: 1 << 20) {
                        $0.initializeMemory(as: UInt8.self, repeating: 7)
                    }
                })
            table.add(
                "/test.Calls/FailStream",
                .serverStreaming { _, _ throws(Status) in throw Status(.aborted, "no") })
            table.add(
                "/test.Calls/Stream",
                .serverStreaming { request, waker in
                    let source = TestSource(waker, request: Array(request), ended: ended)
                    sources.put(LoopBound(source, on: loop))
                    return source
                })
            table.add(
                "/test.Calls/Wait",
                .asyncUnary { request, _ in
                    begun.put(request)
                    await gate.wait()
                    cancellations.put(Task.isCancelled)
                    return message(request)
                })
            table.add(
                "/test.Calls/WaitAndFail",
                .asyncUnary { request, context throws(Status) in
                    begun.put(request)
                    await gate.wait()
                    throw Status(.dataLoss, context.deadline == nil ? "no deadline" : "deadline")
                })
        }
        server = try TestServer([service], http: http, loops: loops, configuration: configuration)
    }

    func greetedPeer(
        settings: [(id: UInt16, value: UInt32)] = [], receiveBuffer: CInt? = nil
    ) throws -> ScriptedPeer {
        try server.greetedPeer(settings: settings, receiveBuffer: receiveBuffer)
    }

    /// Opens a streaming call and gives both of its ends.
    func openStream(
        _ peer: ScriptedPeer, on streamID: Int32 = 1, extra: [(String, String)] = []
    ) throws -> LoopBound<TestSource> {
        try peer.call("/test.Calls/Stream", on: streamID, [], extra: extra)
        return try #require(sources.next())
    }
}

/// A message with these bytes.
func message(_ payload: [UInt8]) -> EncodedMessage {
    EncodedMessage(count: payload.count) { $0.copyBytes(from: payload) }
}

/// A source that says what a test puts in.
final class TestSource: MessageSource {
    let waker: CallWaker
    let request: [UInt8]
    private let ended: Mailbox<Void>
    private var queue: [NextMessage] = []
    /// How often it was asked.
    private(set) var asked = 0

    init(_ waker: CallWaker, request: [UInt8], ended: Mailbox<Void>) {
        self.waker = waker
        self.request = request
        self.ended = ended
    }

    func next() -> NextMessage {
        asked += 1
        return queue.isEmpty ? .later : queue.removeFirst()
    }

    func takeNews() -> Bool { false }

    func callEnded() { ended.put(()) }

    func put(_ messages: [NextMessage]) {
        queue += messages
        waker.wake()
    }

    func end(_ status: Status) {
        queue.append(.end(status))
        waker.wakeToEnd()
    }
}

extension LoopBound<TestSource> {
    /// How often the source was asked until now.
    var asked: Int {
        get throws {
            let count = Mailbox<Int>()
            loop.post { count.put(value.asked) }
            return try #require(count.next())
        }
    }

    func putLatest(_ payload: [UInt8]) {
        loop.post { value.put([.latest(message(payload))]) }
    }

    func put(_ payloads: [UInt8]...) {
        loop.post { value.put(payloads.map { .message(message($0)) }) }
    }

    func end(_ status: Status = .ok, after payloads: [UInt8]...) {
        loop.post {
            value.put(payloads.map { .message(message($0)) })
            value.put([.end(status)])
        }
    }
}

/// Holds tasks until it is opened, or until they are cancelled.
final class Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func open() { continuation.finish() }

    func wait() async { for await _ in stream {} }
}

/// The fields of a trailers-only answer.
func trailersOnly(_ code: Int, _ message: String, _ more: String...) -> [String] {
    [":status: 200", "content-type: application/grpc", "grpc-status: \(code)"]
        + (message.isEmpty ? [] : ["grpc-message: " + message]) + more
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCTransport
import GRPCWire

/// `grpc.testing.TestService`, as gRPC's interop-test-descriptions ask for it. `UnimplementedCall` and
/// `UnimplementedService` are what they say.
struct InteropService: GRPCService {
    func register(in table: inout MethodTable, on loop: EventLoop) {
        func add(_ path: StaticString, _ handler: MethodHandler) {
            table.add(
                path, maxRequestSize: MessageReader.defaultMaxMessageSize, readsMetadata: true,
                compression: .byHandler, handler)
        }
        add(
            "/grpc.testing.TestService/EmptyCall",
            .asyncUnary { _, context throws(Status) in
                try await echoMetadata(context)
                return .empty
            })
        add("/grpc.testing.TestService/UnaryCall", .asyncUnary(unary))
        add("/grpc.testing.TestService/StreamingInputCall", .clientStreaming(streamingInput))
        add("/grpc.testing.TestService/StreamingOutputCall", .asyncServerStreaming(streamingOutput))
        add("/grpc.testing.TestService/FullDuplexCall", .bidiStreaming(fullDuplex))
        add("/grpc.testing.TestService/HalfDuplexCall", .bidiStreaming(halfDuplex))
    }
}

@Sendable
private func unary(
    _ bytes: [UInt8], _ context: CallContext
) async throws(Status) -> EncodedMessage {
    try await echoMetadata(context)
    let request = try UnaryRequest(decoding: bytes)
    try checkCompression(request.expectsCompressed, context.requestWasCompressed)
    if let status = request.status { throw status }
    let message = TestAnswer.unary(
        size: request.answer.size, serverID: request.wantsServerID ? "vitals" : nil)
    return encoded(message, request.answer, context)
}

@Sendable
private func streamingInput(
    _ requests: RequestMessages, _ context: CallContext
) async throws(Status) -> EncodedMessage {
    try await echoMetadata(context)
    var total = 0
    while let message = try await requests.nextMessage() {
        let request = try InputRequest(decoding: message.bytes)
        try checkCompression(request.expectsCompressed, message.wasCompressed)
        total += request.size
    }
    return TestAnswer.total(total)
}

@Sendable
private func streamingOutput(
    _ bytes: [UInt8], _ writer: ResponseWriter, _ context: CallContext
) async throws(Status) {
    try await echoMetadata(context)
    try await answer(OutputRequest(decoding: bytes), writer, context)
}

@Sendable
private func fullDuplex(
    _ requests: RequestMessages, _ writer: ResponseWriter, _ context: CallContext
) async throws(Status) {
    try await echoMetadata(context)
    while let bytes = try await requests.next() {
        try await answer(OutputRequest(decoding: bytes), writer, context)
    }
}

@Sendable
private func halfDuplex(
    _ requests: RequestMessages, _ writer: ResponseWriter, _ context: CallContext
) async throws(Status) {
    try await echoMetadata(context)
    var all: [OutputRequest] = []
    while let bytes = try await requests.next() {
        guard all.count < 1000 else { throw Status(.resourceExhausted, "too many requests") }
        all.append(try OutputRequest(decoding: bytes))
    }
    for request in all { try await answer(request, writer, context) }
}

private func answer(
    _ request: OutputRequest, _ writer: ResponseWriter, _ context: CallContext
) async throws(Status) {
    for parameters in request.answers {
        if parameters.intervalMicroseconds > 0 {
            // A cancelled sleep is a call that is over, which the write will say.
            try? await Task.sleep(for: .microseconds(parameters.intervalMicroseconds))
        }
        try await writer.write(
            encoded(TestAnswer.streaming(size: parameters.size), parameters, context))
    }
    if let status = request.status { throw status }
}

/// Compressed if that is asked for and the client can read it.
private func encoded(
    _ message: EncodedMessage, _ parameters: AnswerParameters, _ context: CallContext
) -> EncodedMessage {
    guard parameters.isCompressed, context.acceptsGzip else { return message }
    return message.gzipped ?? message
}

private func checkCompression(_ isExpected: Bool, _ isThere: Bool) throws(Status) {
    if isExpected, !isThere {
        throw Status(.invalidArgument, "the request should be compressed, and is not")
    }
}

/// Sends back what the client wants to see again.
private func echoMetadata(_ context: CallContext) async throws(Status) {
    let (initialName, trailingName) = ("x-grpc-test-echo-initial", "x-grpc-test-echo-trailing-bin")
    var (initial, trailing) = (Metadata(), Metadata())
    for text in context.metadata.texts(of: initialName) { try initial.add(initialName, text) }
    for bytes in context.metadata.bytes(of: trailingName) {
        try trailing.add(trailingName, bytes: bytes)
    }
    if !trailing.isEmpty { await context.setTrailingMetadata(trailing) }
    if !initial.isEmpty { try await context.sendInitialMetadata(initial) }
}

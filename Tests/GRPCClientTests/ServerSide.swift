// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import HTTP2Wire
import SystemIO
import Testing

@testable import GRPCClient

/// A server in memory, for tests of ``GRPCClient/ClientExchange``: no sockets.
final class ServerSide {
    /// A stream whose answer a test writes down.
    final class Answer: HTTP2Stream {
        var headers: [(name: String, value: String)] = []
        var body: [UInt8] = []
        var trailers: [(name: String, value: String)] = []

        override func produce(into buffer: UnsafeMutableRawBufferPointer) -> Production {
            let count = min(body.count, buffer.count)
            buffer.copyBytes(from: body.prefix(count))
            body.removeFirst(count)
            return body.isEmpty ? .last(count, trailers: .custom(trailers)) : .some(count)
        }
    }

    private let session: HTTP2Session
    private let batch = HTTP2EventBatch()
    /// Streams in the order in which their requests came.
    private(set) var streams: [Answer] = []
    /// The header fields of each request, `name: value`.
    private(set) var requests: [[String]] = []
    /// The bytes of all request bodies.
    private(set) var bodies: [UInt8] = []

    init() throws { session = try .make(.server) { Answer(id: $0) } }

    /// Exchanges bytes until neither side has any.
    func exchange(with client: inout ClientExchange, at now: MonotonicTime = .now()) throws {
        while true {
            let requests = try client.takeOutput(at: now)
            if !requests.isEmpty { try receive(requests) }
            let answers = try output()
            if !answers.isEmpty {
                try answers.withUnsafeBytes { bytes in try client.receive(bytes, at: now) }
            }
            if requests.isEmpty, answers.isEmpty { return }
        }
    }

    private func output() throws -> [UInt8] {
        var output: [UInt8] = []
        while let bytes = try session.nextOutput() { output += bytes }
        return output
    }

    private func receive(_ bytes: [UInt8]) throws {
        batch.reset()
        try bytes.withUnsafeBytes { try session.receive($0, into: batch) }
        for event in batch.events {
            switch event {
            case .headers(let reference, let block, _):
                streams.append(try #require(reference.stream as? Answer))
                requests.append((0..<block.count).map { Self.text(of: block.field(at: $0)) })
            case .data(_, let bytes, _): bodies += bytes
            default: break
            }
        }
    }

    private static func text(
        of field: (kind: HeaderName, name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)
    ) -> String {
        String(decoding: field.name, as: UTF8.self) + ": "
            + String(decoding: field.value, as: UTF8.self)
    }

    /// Answers the request at `index` with messages and a status.
    func answer(
        _ index: Int, _ messages: [[UInt8]], status: String = "0",
        trailers: [(name: String, value: String)] = []
    ) {
        let stream = streams[index]
        for message in messages {
            stream.body +=
                EncodedMessage(count: message.count) { $0.copyBytes(from: message) }.bytes
        }
        stream.trailers = [("grpc-status", status)] + trailers
        session.respond(
            stream, headers: .custom([(":status", "200"), ("content-type", "application/grpc")]),
            hasBody: true)
    }

    func reset(_ index: Int, _ code: HTTP2ErrorCode) { session.reset(streams[index], code) }

    func goAway() { session.submitGoAway(.noError, debugText: "bye") }
}

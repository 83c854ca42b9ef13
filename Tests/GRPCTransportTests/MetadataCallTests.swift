// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import GRPCWire
import TestSupport
import Testing

@Suite("The metadata of a call")
struct MetadataCallTests {
    private let start = [":status: 200", "content-type: application/grpc"]

    /// A server whose methods send back what they got.
    private func greetedPeer() throws -> ScriptedPeer {
        let service = TestService { table, _ in
            for (path, readsMetadata) in [
                ("/test.Metadata/Echo", true), ("/test.Metadata/Deaf", false),
            ] as [(StaticString, Bool)] {
                table.add(
                    path, readsMetadata: readsMetadata,
                    .asyncUnary { request, context throws(Status) in
                        await context.setTrailingMetadata(context.metadata)
                        if request == [0] { throw Status(.aborted, "no") }
                        if request == [1] { try await context.sendInitialMetadata(Metadata()) }
                        if request == [2] {
                            try await context.sendInitialMetadata(context.metadata)
                        }
                        if request == [3] { throw Status(.aborted, "late") }
                        return message(request)
                    })
            }
            table.add("/test.Metadata/Early", .bidiStreaming(Self.answerEarly))
        }
        return try TestServer([service]).greetedPeer()
    }

    /// Sends metadata before it reads, and tries again when its answer has begun.
    @Sendable
    private static func answerEarly(
        _ requests: RequestMessages, _ writer: ResponseWriter, _ context: CallContext
    ) async throws(Status) {
        var metadata = Metadata()
        try metadata.add("x-early", "1")
        try await context.sendInitialMetadata(metadata)
        _ = try await requests.next()
        try await writer.write(.empty)
        try await context.sendInitialMetadata(metadata)
    }

    private let extra = [("x-text", "a, b"), ("grpc-x", "hidden"), ("x-bin", "q6ur,AA==")]
    private let echoed = ["x-text: a, b", "x-bin: q6ur", "x-bin: AA"]

    @Test("goes with the status, and before the messages")
    func echo() throws {
        let peer = try greetedPeer()
        try peer.call("/test.Metadata/Echo", on: 1, [2], extra: extra)
        #expect(try peer.nextHeaders(endStream: false) == start + echoed)
        #expect(try peer.nextMessage() == [2])
        #expect(try peer.nextHeaders(endStream: true) == ["grpc-status: 0"] + echoed)
    }

    @Test("goes with a status that has no messages, in one block")
    func trailersOnly() throws {
        let peer = try greetedPeer()
        try peer.call("/test.Metadata/Echo", on: 1, [0], extra: extra)
        #expect(
            try peer.nextHeaders(endStream: true)
                == start + ["grpc-status: 10", "grpc-message: no"] + echoed)
    }

    @Test("comes in whole through a call that does not ask for it, and is nowhere")
    func deaf() throws {
        let peer = try greetedPeer()
        try peer.call("/test.Metadata/Deaf", on: 1, [2], extra: extra + [("y-bin", "?")])
        let answer = try peer.nextAnswer()
        #expect(answer.message == [2] && answer.trailers == ["grpc-status: 0"])
    }

    @Test("in -bin that is no base64 fails a call that asks for it")
    func broken() throws {
        let peer = try greetedPeer()
        try peer.call("/test.Metadata/Echo", on: 1, [2], extra: [("y-bin", "?")])
        #expect(
            try peer.nextHeaders(endStream: true)
                == start + ["grpc-status: 13", "grpc-message: metadata in -bin that is no base64"])
        try peer.expectSilence()
    }

    @Test("may be sent before the first message, and not after it")
    func early() throws {
        let peer = try greetedPeer()
        try peer.call("/test.Metadata/Early", on: 1)
        #expect(try peer.nextHeaders(endStream: false) == start + ["x-early: 1"])
        try peer.expectSilence()
        try peer.send(.data(1, prefixed([1]), endStream: true))
        #expect(try peer.nextMessage() == [])
        #expect(
            try peer.nextHeaders(endStream: true) == [
                "grpc-status: 13",
                "grpc-message: initial metadata after the answer has begun",
            ])
    }

    @Test("that is empty begins the answer too")
    func emptyInitial() throws {
        let peer = try greetedPeer()
        try peer.call("/test.Metadata/Echo", on: 1, [1])
        let answer = try peer.nextAnswer()
        #expect(answer.message == [1] && answer.trailers == ["grpc-status: 0"])
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP2Wire
import TestSupport
import Testing

@Suite("A client and a server session, back to back")
struct SessionExchangeTests {
    /// A request with a body and an answer with body and trailers, on three streams at once.
    private func exchange(chunks size: (Int) -> Int) throws -> SessionPair {
        let pair = try SessionPair()
        defer { pair.server.onEvent = nil }
        pair.server.onEvent = { event in
            guard case .headers(let reference, _, _) = event else { return }
            let stream = reference.stream
            let trailers = HeaderFields.custom([("grpc-status", "0")])
            (stream as! ScriptedStream).steps = [.some("an"), .last("swer", trailers: trailers)]
            pair.server.session.respond(stream, headers: okFields, hasBody: true)
        }
        for _ in 0..<3 {
            let stream = ScriptedStream(.some("quest"), .last("ion", trailers: nil))
            pair.client.session.request(stream, headers: .custom(getFields), hasBody: true)
        }
        try pair.pump(chunks: size)
        return pair
    }

    private func expectComplete(_ pair: SessionPair) {
        for id: Int32 in [1, 3, 5] {
            let asked = pair.server.events.filter { $0.streamID == id }
            #expect(
                asked == [
                    .headers(id, getLines, endStream: false),
                    .data(id, "question", endStream: true),
                ])
            let answered = pair.client.events.filter { $0.streamID == id }
            #expect(
                answered == [
                    .headers(id, [":status: 200"], endStream: false),
                    .data(id, "answer", endStream: false),
                    .trailers(id, ["grpc-status: 0"]),
                ])
        }
        #expect(pair.client.failure == nil && pair.server.failure == nil)
        #expect(pair.client.session.openStreamCount == 0)
        #expect(pair.server.session.openStreamCount == 0)
        #expect(pair.server.events.first == .settings && pair.client.events.first == .settings)
    }

    @Test("Bytes in one read give every event in order")
    func whole() throws { expectComplete(try exchange { $0 }) }

    @Test("One byte at a time gives the same events")
    func bytewise() throws { expectComplete(try exchange { _ in 1 }) }

    @Test("Bytes cut anywhere give the same events", arguments: 0..<100 as Range<UInt64>)
    func randomCuts(_ seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        expectComplete(
            try exchange { Int.random(in: 1...min($0, 40), using: &generator) })
    }

    @Test("The end of a message comes in the same event as its last bytes")
    func endWithData() throws {
        let pair = try SessionPair()
        var kinds: [String] = []
        pair.server.onEvent = { event in
            if case .data(_, let bytes, let endStream) = event {
                kinds.append("\(bytes.count) \(endStream)")
            }
        }
        let stream = ScriptedStream(.last("body", trailers: nil))
        pair.client.session.request(stream, headers: .custom(getFields), hasBody: true)
        try pair.pump()
        #expect(kinds == ["4 true"])
    }

    @Test("A PING is answered with its eight bytes")
    func ping() throws {
        let pair = try SessionPair()
        pair.client.session.submitPing(0x0123_4567_89ab_cdef)
        pair.server.session.submitPing(.max)
        try pair.pump()
        #expect(pair.client.events.contains(.pong(0x0123_4567_89ab_cdef)))
        #expect(pair.server.events.contains(.pong(.max)))
    }

    @Test("A server's settings bind the client: streams beyond the limit wait")
    func streamLimit() throws {
        var settings = HTTP2Settings()
        settings.maxConcurrentStreams = 2
        let pair = try SessionPair(server: settings)
        try pair.pump()
        for _ in 0..<3 {
            pair.client.session.request(
                ScriptedStream(), headers: .custom(getFields), hasBody: false)
        }
        var accepted: [HTTP2Stream] = []
        pair.server.onEvent = {
            if case .headers(let reference, _, _) = $0 { accepted.append(reference.stream) }
        }
        try pair.pump()
        #expect(accepted.map(\.id.rawValue) == [1, 3])
        pair.server.session.respond(accepted[0], headers: okFields, hasBody: false)
        try pair.pump()
        #expect(accepted.map(\.id.rawValue) == [1, 3, 5])
    }

    @Test("A server's window binds the client: its body comes in parts of that size")
    func window() throws {
        var settings = HTTP2Settings()
        settings.initialWindowSize = 10
        let pair = try SessionPair(server: settings)
        try pair.pump()
        let stream = ScriptedStream(.last(String(repeating: "x", count: 95), trailers: nil))
        pair.client.session.request(stream, headers: .custom(getFields), hasBody: true)
        try pair.pump()
        #expect(stream.productions >= 10)
        #expect(
            pair.server.events.last == .data(1, String(repeating: "x", count: 95), endStream: true))
    }

    @Test("Interim responses come as headers, and the real ones after them")
    func interim() throws {
        let pair = try SessionPair()
        let (_, accepted) = try pair.openStream()
        let frames = [
            Frame.headers(1, [(":status", "103"), ("link", "x")]),
            Frame.headers(1, [(":status", "200")]),
            Frame.headers(1, [("grpc-status", "0")], endStream: true),
        ]
        pair.client.receive(frames.flatMap(\.bytes))
        #expect(accepted.id.rawValue == 1)
        #expect(
            pair.client.events.prefix(3) == [
                .headers(1, [":status: 103", "link: x"], endStream: false),
                .headers(1, [":status: 200"], endStream: false),
                .trailers(1, ["grpc-status: 0"]),
            ])
    }

    @Test("A push is refused, also before the server has read that pushes are off")
    func push() throws {
        let client = try SessionSide(.client)
        let stream = ScriptedStream()
        stream.observesClose = true
        client.session.request(stream, headers: .custom(getFields), hasBody: false)
        _ = try client.output()
        let block = HeaderLiterals.encode(getFields.map { ($0.name, $0.value) })
        let push = Frame(
            .pushPromise, flags: Frame.endHeaders, streamID: 1, UInt32(2).bigEndianBytes + block)
        client.receive((Frame.settings().bytes + push.bytes))
        client.receive(Frame.reset(1, code: 8).bytes)
        _ = try client.output()
        #expect(client.session.openStreamCount == (stream.isClosed ? 0 : 1))
        #expect(!client.events.contains { if case .headers = $0 { true } else { false } })
    }
}

extension Recorded {
    /// The stream that the event is about.
    var streamID: Int32? {
        switch self {
        case .headers(let id, _, _), .trailers(let id, _), .data(let id, _, _), .closed(let id, _):
            id
        default: nil
        }
    }
}

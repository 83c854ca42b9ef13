// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP2Wire
import TestSupport
import Testing

@Suite("Input that is no good HTTP/2")
struct BrokenInputTests {
    @Test(
        "Anything but the preface is a bad preface",
        arguments: [
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSN\r\n\r\n",
            "\u{16}\u{3}\u{1}\u{0}", "x", "PRI * HTTP/1.1\r\n\r\n",
        ])
    func badPreface(_ text: String) throws {
        for size in [1, 1000] {
            let server = try SessionSide(.server)
            var bytes = Array(text.utf8)[...]
            while !bytes.isEmpty, server.failure == nil {
                server.receive(bytes.prefix(size))
                bytes = bytes.dropFirst(size)
            }
            #expect(server.failure == .badPreface)
            #expect(server.events.isEmpty)
        }
    }

    @Test("Part of a preface is no error, and no event")
    func partOfPreface() throws {
        let server = try SessionSide(.server)
        for byte in Frame.preface { server.receive([byte]) }
        #expect(server.failure == nil && server.events.isEmpty)
        server.receive([])
        #expect(server.failure == nil && server.session.wantsRead)
    }

    @Test("A server that speaks HTTP/1.1 is a violation, and the session is over")
    func plainServer() throws {
        let client = try SessionSide(.client)
        _ = try client.output()
        client.receive("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)
        _ = try client.output()
        #expect(client.failure != nil || !client.session.wantsRead)
    }

    /// All bytes that a client sends in a lively connection.
    private func recording() throws -> [UInt8] {
        let pair = try SessionPair()
        defer { pair.server.onEvent = nil }
        pair.server.onEvent = { event in
            guard case .headers(let reference, _, _) = event else { return }
            let stream = reference.stream
            (stream as! ScriptedStream).steps = [.last("answer", trailers: nil)]
            pair.server.session.respond(stream, headers: okFields, hasBody: true)
        }
        for index in 0..<6 {
            let stream = ScriptedStream(.some("ques"), .last("tion", trailers: okTrailers))
            let fields = getFields + [(name: "x-\(index)", value: "\(index)")]
            pair.client.session.request(stream, headers: .custom(fields), hasBody: true)
            pair.client.session.submitPing(UInt64(index))
            if index % 2 == 1 { try pair.pump() }
            if index == 4 { pair.client.session.reset(stream, .cancel) }
        }
        pair.client.session.submitGoAway(.noError, debugText: "bye")
        try pair.pump()
        return pair.client.sent
    }

    private let okTrailers = HeaderFields.custom([("grpc-status", "0")])

    /// A server that answers whatever it can, fed with `bytes` in random pieces.
    private func feed(_ bytes: [UInt8], _ generator: inout SplitMix64) throws {
        let server = try SessionSide(.server)
        defer { server.onEvent = nil }
        server.onEvent = { event in
            switch event {
            case .headers(let reference, let block, _):
                let stream = reference.stream
                _ = block.lines
                stream.observesClose = block.count % 2 == 0
                (stream as! ScriptedStream).steps = [.last("answer", trailers: okTrailers)]
                server.session.respond(stream, headers: okFields, hasBody: true)
            case .data(let reference, let bytes, _):
                if bytes.count == 3 { server.session.reset(reference.stream, .cancel) }
            default: break
            }
        }
        var rest = bytes[...]
        while !rest.isEmpty, server.failure == nil {
            let count = Int.random(in: 1...rest.count, using: &generator)
            server.receive(rest.prefix(count))
            rest = rest.dropFirst(count)
            _ = try? server.output()
        }
        // Whatever happened, the list of streams is sound.
        var count = 0
        server.session.forEachStream {
            #expect(!$0.isClosed)
            count += 1
        }
        #expect(count == server.session.openStreamCount)
    }

    @Test("Random changes to a good stream never trap", arguments: 0..<8 as Range<UInt64>)
    func mutations(_ seed: UInt64) throws {
        let good = try recording()
        let start = Frame.preface.count
        var generator = SplitMix64(seed: seed)
        for _ in 0..<500 {
            let rest = mutated(Array(good[start...]), with: &generator)
            try feed(Frame.preface + rest, &generator)
        }
    }

    @Test("Random frames after a good start never trap", arguments: 0..<8 as Range<UInt64>)
    func randomFrames(_ seed: UInt64) throws {
        var generator = SplitMix64(seed: 1000 + seed)
        for _ in 0..<500 {
            var bytes = Frame.preface + Frame.settings().bytes
            for _ in 0..<Int.random(in: 1...12, using: &generator) {
                var frame = Frame(.data)
                frame.kind = .random(in: 0...11, using: &generator)
                frame.flags = .random(in: .min ... .max, using: &generator)
                frame.streamID = .random(in: 0...6, using: &generator)
                let length = [0, 4, 5, 6, 8, 20].randomElement(using: &generator)!
                frame.payload = (0..<length).map { _ in
                    .random(in: .min ... .max, using: &generator)
                }
                if Bool.random(using: &generator) {
                    frame.payload += HeaderLiterals.encode(getFields.map { ($0.name, $0.value) })
                }
                bytes += frame.bytes
            }
            try feed(bytes, &generator)
        }
    }
}

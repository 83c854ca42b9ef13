// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import HTTPRouting
import Synchronization
import TestSupport
import Testing

@Suite("Routes over HTTP/2")
struct HTTP2RouteTests {
    private func fields(
        _ path: String, _ method: String = "GET", _ more: [(String, String)] = []
    ) -> [(String, String)] {
        [(":method", method), (":scheme", "http"), (":path", path), (":authority", "x")] + more
    }

    private func get(
        _ path: String, on stream: Int32, _ method: String = "GET",
        _ more: [(String, String)] = []
    ) -> Frame {
        .headers(stream, fields(path, method, more), endStream: true)
    }

    private func text(_ frame: Frame) -> String {
        String(decoding: frame.payload, as: UTF8.self)
    }

    /// Reads a header block, and the body behind it.
    private func answer(
        _ peer: ScriptedPeer, hasBody: Bool = true
    ) throws -> (fields: [String], body: String) {
        let fields = try peer.nextHeaders(endStream: !hasBody)
        if !hasBody { return (fields, "") }
        var body = ""
        while true {
            let data = try peer.next(.data)
            body += text(data)
            if data.endsStream { return (fields, body) }
        }
    }

    @Test("A handler sees the request, and its answer has the fields of every response")
    func request() throws {
        let peer = try HTTPFixture().server.greetedPeer()
        let more = [("x-b", "2"), ("x-a", "1"), ("x-a", "3"), ("content-type", "a/b")]
        try peer.send(.headers(1, fields("/echo?a=%20&b", "POST", more)))
        try peer.send(.data(1, Array("hel".utf8)))
        try peer.send(.data(1, Array("lo".utf8), endStream: true))
        let (fields, body) = try answer(peer)
        #expect(body == "post /echo a=%20&b x-b,x-a,x-a 1, 3 5 local\n")
        #expect(fields.first == ":status: 200")
        for field in [
            "content-type: text/plain", "cache-control: no-cache",
            "x-content-type-options: nosniff", "content-length: \(body.utf8.count)",
        ] {
            #expect(fields.contains(field), "\(field)")
        }
        #expect(fields.contains { $0.hasPrefix("date: ") })
    }

    @Test("HEAD has the length of GET and no body, and a status without a body has no length")
    func bodies() throws {
        let peer = try HTTPFixture().server.greetedPeer()
        try peer.send(get("/ok", on: 1, "HEAD"))
        #expect(try answer(peer, hasBody: false).fields.contains("content-length: 3"))
        try peer.send(get("/empty", on: 3))
        let fields = try answer(peer, hasBody: false).fields
        #expect(fields.first == ":status: 204")
        #expect(!fields.contains { $0.hasPrefix("content-length") })
    }

    @Test(
        "What is not there is 404, and a wrong method 405 with the right ones",
        arguments: [
            ("GET", "/nowhere", "404", nil), ("POST", "/test.Calls/Nothing", "404", nil),
            ("POST", "/ok", "405", "GET, HEAD"), ("PUT", "/echo", "405", "GET, HEAD, POST"),
            ("GET", "/act", "405", "POST"),
        ] as [(String, String, String, String?)])
    func unknown(method: String, path: String, status: String, allow: String?) throws {
        let peer = try HTTPFixture().server.greetedPeer()
        try peer.send(get(path, on: 1, method))
        let (fields, _) = try answer(peer)
        #expect(fields.first == ":status: " + status)
        let allowed = fields.first { $0.hasPrefix("allow: ") }
        #expect(allowed == allow.map { "allow: " + $0 })
    }

    @Test("A call and requests of pages share a connection; a call without its type is told so")
    func mixed() throws {
        let fixture = try CallFixture(
            http: [
                TestPages { routes, _ in routes.add(.get, "/ok", .immediate { _ in .plain("ok") }) }
            ])
        let peer = try fixture.greetedPeer()
        try peer.call("/test.Calls/Echo", on: 1, [1])
        #expect(try peer.nextAnswer().message == [1])
        try peer.send(get("/ok", on: 3))
        #expect(try answer(peer).body == "ok")
        try peer.call("/test.Calls/Echo", on: 5, [2])
        #expect(try peer.nextAnswer().message == [2])
        try peer.send(get("/test.Calls/Echo", on: 7, "POST"))
        #expect(try answer(peer).fields.first == ":status: 415")
        try peer.send(get("/test.Calls/Echo", on: 9))
        #expect(try answer(peer).fields.first == ":status: 404")
    }

    @Test("The header block of a request that is not over is counted as held, until it is handled")
    func heldHeaders() throws {
        let fixture = try HTTPFixture()
        let peer = try fixture.server.greetedPeer()
        let long = (":path", "/none?" + String(repeating: "x", count: 8000))
        for stream in 0..<10 {
            let head = fields("/none").map { $0.0 == ":path" ? long : $0 }
            try peer.send(.headers(Int32(2 * stream + 1), head))
        }
        try peer.expectSilence()
        #expect(fixture.server.server.counters.heldBytes > 80_000)
        for stream in 0..<10 { try peer.send(.data(Int32(2 * stream + 1), [], endStream: true)) }
        #expect(eventually { fixture.server.server.counters.heldBytes == 0 })
    }

    @Test("A body above the limit is refused when it has ended, and not held")
    func largeRequest() throws {
        let fixture = try HTTPFixture()
        let peer = try fixture.server.greetedPeer()
        try peer.send(.headers(1, fields("/echo", "POST")))
        let piece = [UInt8](repeating: 0x78, count: 16_000)
        for _ in 0..<4 { try peer.send(.data(1, piece)) }
        try peer.expectSilence()
        // The header block is held, too.
        #expect((64_000..<65_000).contains(fixture.server.server.counters.heldBytes))
        for _ in 0..<20 { try peer.send(.data(1, piece)) }
        try peer.expectSilence()
        #expect(fixture.server.server.counters.heldBytes < 1000)
        try peer.send(.data(1, [], endStream: true))
        #expect(try answer(peer).fields.first == ":status: 413")
    }

    @Test("A request that does not end is answered with 408")
    func slowRequest() throws {
        let fixture = try HTTPFixture { $0.timeouts.request = .milliseconds(50) }
        let peer = try fixture.server.greetedPeer()
        try peer.send(.headers(1, fields("/echo", "POST")))
        #expect(try answer(peer).fields.first == ":status: 408")
    }

    // MARK: Deferred

    @Test("A deferred answer comes when it is there, and holds up no other request")
    func deferred() throws {
        let fixture = try HTTPFixture()
        let peer = try fixture.server.greetedPeer()
        try peer.send(get("/later", on: 1), get("/ok", on: 3))
        #expect(try answer(peer).body == "ok\n")
        try peer.send(get("/now", on: 5))
        #expect(try answer(peer).body == "now\n")
        let responder = try #require(fixture.responders.next())
        #expect(fixture.server.server.counters.streamingCalls == 1)
        responder.respond(.plain("done\n"))
        responder.respond(.plain("again\n"))
        #expect(try answer(peer).body == "done\n")
        try peer.expectSilence()
        #expect(fixture.server.server.counters.streamingCalls == 0 && fixture.gone.count == 0)
    }

    @Test("A deferred handler is told when its client resets the stream, and may answer too late")
    func clientLeaves() throws {
        let fixture = try HTTPFixture()
        let peer = try fixture.server.greetedPeer()
        try peer.send(get("/later", on: 1))
        let responder = try #require(fixture.responders.next())
        try peer.send(.reset(1))
        #expect(fixture.gone.next() != nil)
        responder.respond(.plain("done\n"))
        try peer.expectSilence()
        #expect(fixture.server.server.counters.streamingCalls == 0)
    }

    @Test("A deferred answer that takes too long is 503")
    func deferredTimeout() throws {
        let fixture = try HTTPFixture { $0.timeouts.deferred = .milliseconds(50) }
        let peer = try fixture.server.greetedPeer()
        try peer.send(get("/later", on: 1))
        #expect(try answer(peer).fields.first == ":status: 503")
        #expect(fixture.gone.next() != nil)
    }

    @Test("Without a place a deferred request and a stream are refused, and others are served")
    func noPlace() throws {
        let fixture = try HTTPFixture { $0.capacity.maxStreamingCallsPerConnection = 1 }
        let peer = try fixture.server.greetedPeer()
        try peer.send(get("/later", on: 1))
        for (path, stream) in [("/later", 3), ("/stream", 5)] as [(String, Int32)] {
            try peer.send(get(path, on: stream))
            let (fields, body) = try answer(peer)
            #expect(fields.first == ":status: 503" && fields.contains("retry-after: 1"))
            #expect(body.contains("streaming calls"))
        }
        try peer.send(get("/ok", on: 7))
        #expect(try answer(peer).body == "ok\n")
    }

    // MARK: Streams

    @Test("A stream is sent as its parts come, and ends with its source")
    func stream() throws {
        let fixture = try HTTPFixture()
        let peer = try fixture.server.greetedPeer()
        try peer.send(get("/stream", on: 1))
        let fields = try peer.nextHeaders(endStream: false)
        #expect(fields.contains("content-type: text/event-stream"))
        #expect(!fields.contains { $0.hasPrefix("content-length") })
        let source = try #require(fixture.sources.next())
        source.put("one")
        #expect(text(try peer.next(.data)) == "one")
        source.put(.bytes([]))
        source.put("two")
        #expect(text(try peer.next(.data)) == "two")
        source.put(.end)
        let last = try peer.next(.data)
        #expect(last.endsStream && last.payload.isEmpty)
        #expect(source.endings.next() != nil)
        try peer.expectSilence()
        #expect(fixture.server.server.counters.streamingCalls == 0 && source.endings.count == 0)
    }

    @Test("HEAD of a stream has its head, and its source ends; a stream may be refused")
    func headOfStream() throws {
        let fixture = try HTTPFixture()
        let peer = try fixture.server.greetedPeer()
        try peer.send(get("/stream", on: 1, "HEAD"))
        #expect(try answer(peer, hasBody: false).fields.first == ":status: 200")
        #expect(try #require(fixture.sources.next()).endings.next() != nil)
        try peer.send(get("/stream?no", on: 3))
        #expect(try answer(peer, hasBody: false).fields.first == ":status: 403")
        try peer.expectSilence()
        #expect(fixture.server.server.counters.streamingCalls == 0)
    }

    @Test(
        "A source is asked only for what its client's window takes, and its client is cut off in time"
    )
    func backPressure() throws {
        let fixture = try HTTPFixture { $0.timeouts.write = .milliseconds(200) }
        let peer = try fixture.server.greetedPeer()
        try peer.send(get("/stream", on: 1))
        _ = try peer.nextHeaders(endStream: false)
        let source = try #require(fixture.sources.next())
        let part = HTTPBodyPart.bytes([UInt8](repeating: 0x78, count: 10_000))
        for _ in 0..<20 { source.put(part) }
        var size = 0
        while size < 65_535 { size += try peer.next(.data).payload.count }
        #expect(source.taken.load(ordering: .relaxed) < 10)
        #expect(try peer.next(.rstStream).payload == [0, 0, 0, 8])
        #expect(source.endings.next() != nil)
    }

    @Test("A large body follows the windows of its client")
    func largeBody() throws {
        let peer = try HTTPFixture().server.greetedPeer()
        try peer.send(get("/large", on: 1))
        #expect(try peer.nextHeaders(endStream: false).contains("content-length: \(3 << 20)"))
        var size = 0
        while true {
            let data = try peer.next(.data)
            size += data.payload.count
            if data.endsStream { break }
            let count = UInt32(data.payload.count)
            try peer.send(.windowUpdate(0, by: count), .windowUpdate(1, by: count))
        }
        #expect(size == 3 << 20)
    }

    // MARK: The stop

    @Test("A graceful stop ends deferred requests and streams at once, each in its way")
    func stop() throws {
        let fixture = try HTTPFixture()
        let peer = try fixture.server.greetedPeer()
        try peer.send(get("/later", on: 1), get("/stream", on: 3))
        #expect(fixture.responders.next() != nil)
        let source = try #require(fixture.sources.next())
        _ = try peer.nextHeaders(endStream: false)
        let done = Mailbox<Int>()
        fixture.server.server.stop(within: .seconds(60)) { done.put($0) }
        #expect(fixture.gone.next() != nil && source.endings.next() != nil)
        var (ended, statuses) = (Set<Int32>(), [String]())
        while ended.count < 2, let frame = try peer.next() {
            if frame.endsStream { ended.insert(frame.streamID) }
            if frame.isA(.headers) { statuses.append("\(frame.streamID)") }
        }
        #expect(ended == [1, 3] && statuses == ["1"])
        #expect(done.next() == 0)
    }

    @Test("A stream that takes nothing does not hold up a stop")
    func stopWithoutWindow() throws {
        let fixture = try HTTPFixture()
        let peer = try fixture.server.greetedPeer(settings: [(4, 0)])
        try peer.send(get("/stream", on: 1))
        let source = try #require(fixture.sources.next())
        source.put("one")
        let done = Mailbox<Int>()
        fixture.server.server.stop(within: .seconds(60)) { done.put($0) }
        #expect(source.endings.next() != nil)
        #expect(done.next() == 0)
    }
}

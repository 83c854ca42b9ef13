// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import HTTPRouting
import Synchronization
import TestSupport
import Testing

@Suite("Routes of HTTP/1.x")
struct HTTP1RouteTests {
    private func get(
        _ target: String, _ method: String = "GET", version: String = "HTTP/1.1",
        fields: String = "", body: String = ""
    ) -> [UInt8] {
        Array("\(method) \(target) \(version)\r\nHost: x\r\n\(fields)\r\n\(body)".utf8)
    }

    /// The answer to one request, on a connection that the server closes after it.
    private func answer(
        _ fixture: HTTPFixture, _ target: String, _ method: String = "GET",
        fields: String = "", body: String = ""
    ) throws -> (head: String, body: String) {
        let peer = try fixture.peer()
        try peer.send(get(target, method, fields: "Connection: close\r\n" + fields, body: body))
        return parts(try peer.bytesUntilEnd())
    }

    private func parts(_ bytes: [UInt8]) -> (head: String, body: String) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.firstRange(of: "\r\n\r\n") else { return (text, "") }
        return (String(text[..<end.upperBound]), String(text[end.upperBound...]))
    }

    /// Reads until the text ends like this.
    private func text(_ peer: ScriptedPeer, until end: String) throws -> String {
        var text = ""
        while !text.hasSuffix(end) {
            text += String(decoding: try peer.bytes(1), as: UTF8.self)
        }
        return text
    }

    @Test("A handler sees the request, and its answer has the fields of every response")
    func request() throws {
        let fixture = try HTTPFixture()
        let (head, body) = try answer(
            fixture, "/echo?a=%20&b", "POST",
            fields: "X-B: 2\r\nx-A:  1 \r\nX-a: 3\r\nContent-Length: 5\r\n", body: "hello")
        #expect(body == "post /echo a=%20&b x-b,x-a,x-a 1, 3 5 local\n")
        #expect(head.hasPrefix("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"))
        for field in [
            "cache-control: no-cache", "x-content-type-options: nosniff", "date: ",
            "content-length: \(body.utf8.count)", "connection: close",
        ] {
            #expect(head.contains("\r\n" + field), "\(field)")
        }
    }

    @Test("A response has its own fields, and none that would end a line")
    func ownFields() throws {
        let (head, _) = try answer(try HTTPFixture(), "/own")
        #expect(head.contains("\r\ncache-control: max-age=1\r\n"))
        #expect(!head.contains("no-cache") && !head.contains("x-bad") && !head.contains("b: c"))
    }

    @Test("HEAD has the length of GET and no body, and a status without a body has no length")
    func bodies() throws {
        let fixture = try HTTPFixture()
        let (head, body) = try answer(fixture, "/ok", "HEAD")
        #expect(head.contains("\r\ncontent-length: 3\r\n") && body.isEmpty)
        let (empty, nothing) = try answer(fixture, "/empty")
        #expect(empty.hasPrefix("HTTP/1.1 204 ") && nothing.isEmpty)
        #expect(!empty.contains("content-length") && !empty.contains("transfer-encoding"))
    }

    @Test(
        "What is not there is 404, and a wrong method 405 with the right ones",
        arguments: [
            ("GET", "/nowhere", "404", nil), ("DELETE", "/nowhere", "404", nil),
            ("POST", "/ok", "405", "GET, HEAD"), ("PUT", "/ok", "405", "GET, HEAD"),
            ("GET", "/act", "405", "POST"), ("HEAD", "/act", "405", "POST"),
            ("OPTIONS", "/echo", "405", "GET, HEAD, POST"), ("GET", "/below", "404", nil),
            ("GET", "/below/x/y", "200", nil), ("GET", "/OK", "404", nil),
            ("GET", "/ok/", "404", nil), ("TRACE", "/below/x", "405", "GET, HEAD"),
        ] as [(String, String, String, String?)])
    func unknown(method: String, path: String, status: String, allow: String?) throws {
        let (head, body) = try answer(try HTTPFixture(), path, method)
        #expect(head.hasPrefix("HTTP/1.1 \(status) "))
        if status == "404" { #expect(body.contains("at this path; there is /ok, ")) }
        if let allow, method != "HEAD" { #expect(body.hasSuffix("; use \(allow)\n")) }
        #expect(head.contains("\r\nallow: ") == (allow != nil))
        if let allow { #expect(head.contains("\r\nallow: \(allow)\r\n")) }
    }

    @Test("A large body arrives whole at a client that reads late")
    func largeBody() throws {
        let fixture = try HTTPFixture()
        let peer = try fixture.peer(receiveBuffer: 4096)
        try peer.send(get("/large") + get("/ok", fields: "Connection: close\r\n"))
        let text = String(decoding: try peer.bytesUntilEnd(), as: UTF8.self)
        #expect(text.utf8.count > 3 << 20 && text.hasSuffix("\r\n\r\nok\n"))
        #expect(text.utf8.filter { $0 == UInt8(ascii: "x") }.count >= 3 << 20)
        #expect(fixture.server.server.counters.streamingCalls == 0)
    }

    // MARK: Deferred

    @Test("A deferred answer comes when it is there, and before that of the next request")
    func deferred() throws {
        let fixture = try HTTPFixture()
        let peer = try fixture.peer()
        try peer.send(get("/later") + get("/ok", fields: "Connection: close\r\n"))
        let responder = try #require(fixture.responders.next())
        #expect(fixture.server.server.counters.streamingCalls == 1)
        responder.respond(.plain("done\n"))
        responder.respond(.plain("again\n"))
        let text = String(decoding: try peer.bytesUntilEnd(), as: UTF8.self)
        #expect(text.contains("\r\n\r\ndone\nHTTP/1.1 200 OK\r\n") && text.hasSuffix("\r\nok\n"))
        #expect(!text.contains("again") && fixture.gone.count == 0)
        #expect(fixture.server.server.counters.streamingCalls == 0)
    }

    @Test("A deferred handler may answer at once")
    func answeredAtOnce() throws {
        let fixture = try HTTPFixture()
        #expect(try answer(fixture, "/now").body == "now\n")
        #expect(fixture.server.server.counters.streamingCalls == 0)
    }

    @Test("A deferred handler is told once when its client leaves, and may answer too late")
    func clientLeaves() throws {
        let fixture = try HTTPFixture()
        do {
            let peer = try fixture.peer()
            try peer.send(get("/later"))
            #expect(fixture.responders.next() != nil)
            try peer.send(get("/later"))
            peer.shutdownSending()
            #expect(fixture.gone.next() != nil)
            #expect(try peer.bytesUntilEnd().isEmpty)
        }
        let server = fixture.server.server
        #expect(eventually { server.counters.connections == 0 })
        #expect(server.counters.streamingCalls == 0 && fixture.gone.count == 0)
    }

    @Test("A deferred answer that takes too long is 503, and the connection stays")
    func deferredTimeout() throws {
        let fixture = try HTTPFixture { $0.timeouts.deferred = .milliseconds(50) }
        let peer = try fixture.peer()
        try peer.send(get("/later"))
        let text = try text(peer, until: "ask again\n")
        #expect(text.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
        #expect(fixture.gone.next() != nil)
        try peer.send(get("/ok", fields: "Connection: close\r\n"))
        #expect(parts(try peer.bytesUntilEnd()).body == "ok\n")
    }

    @Test("Without a place a deferred request and a stream are refused, and others are served")
    func noPlace() throws {
        let fixture = try HTTPFixture { $0.capacity.maxStreamingCalls = 1 }
        let first = try fixture.peer()
        try first.send(get("/later"))
        #expect(fixture.responders.next() != nil)
        for path in ["/later", "/stream"] {
            let (head, body) = try answer(fixture, path)
            #expect(head.hasPrefix("HTTP/1.1 503 ") && head.contains("\r\nretry-after: 1\r\n"))
            #expect(body.contains("streaming calls"))
        }
        #expect(try answer(fixture, "/ok").body == "ok\n")
    }

    // MARK: Streams

    @Test("A stream is sent in chunks as its parts come, and another request follows it")
    func stream() throws {
        let fixture = try HTTPFixture()
        let peer = try fixture.peer()
        try peer.send(get("/stream"))
        let head = try text(peer, until: "\r\n\r\n")
        #expect(head.contains("\r\ntransfer-encoding: chunked\r\n"))
        #expect(!head.contains("content-length") && !head.contains("connection:"))
        let source = try #require(fixture.sources.next())
        source.put("one")
        #expect(try text(peer, until: "one\r\n") == "3\r\none\r\n")
        source.put("twelve bytes")
        #expect(try text(peer, until: "bytes\r\n") == "c\r\ntwelve bytes\r\n")
        source.put(.bytes([]))
        source.put(.end)
        #expect(try text(peer, until: "0\r\n\r\n") == "0\r\n\r\n")
        #expect(source.endings.next() != nil)
        try peer.send(get("/ok", fields: "Connection: close\r\n"))
        #expect(parts(try peer.bytesUntilEnd()).body == "ok\n")
        #expect(fixture.server.server.counters.streamingCalls == 0 && source.endings.count == 0)
    }

    @Test("To HTTP/1.0 a stream is sent without chunks until the connection ends")
    func streamToOldClient() throws {
        let fixture = try HTTPFixture()
        let peer = try fixture.peer()
        try peer.send(
            get("/stream", version: "HTTP/1.0", fields: "Connection: keep-alive\r\n"))
        let source = try #require(fixture.sources.next())
        source.put("one")
        source.put("two")
        source.put(.end)
        let (head, body) = parts(try peer.bytesUntilEnd())
        #expect(head.contains("\r\nconnection: close\r\n") && !head.contains("chunked"))
        #expect(body == "onetwo")
    }

    @Test("HEAD of a stream has its head, and its source ends; a stream may be refused")
    func headOfStream() throws {
        let fixture = try HTTPFixture()
        let (head, body) = try answer(fixture, "/stream", "HEAD")
        #expect(head.hasPrefix("HTTP/1.1 200 ") && body.isEmpty)
        #expect(try #require(fixture.sources.next()).endings.next() != nil)
        #expect(try answer(fixture, "/stream?no").head.hasPrefix("HTTP/1.1 403 "))
        #expect(fixture.server.server.counters.streamingCalls == 0)
    }

    @Test("A source is asked only while its client reads, and the client is dropped in time")
    func backPressure() throws {
        let fixture = try HTTPFixture { $0.timeouts.write = .milliseconds(200) }
        let peer = try fixture.peer(receiveBuffer: 4096)
        try peer.send(get("/stream"))
        let source = try #require(fixture.sources.next())
        let part = HTTPBodyPart.bytes([UInt8](repeating: 0x78, count: 100_000))
        for _ in 0..<200 { source.put(part) }
        let server = fixture.server.server
        #expect(source.endings.next() != nil)
        #expect(server.drops.count(of: .stalled) == 1)
        #expect(source.taken.load(ordering: .relaxed) < 150)
        #expect(eventually { server.counters.heldBytes == 0 && server.counters.connections == 0 })
    }

    @Test("A stream that has lasted as long as it may ends well")
    func streamTimeout() throws {
        let fixture = try HTTPFixture { $0.timeouts.stream = .milliseconds(50) }
        let peer = try fixture.peer()
        try peer.send(get("/stream"))
        let source = try #require(fixture.sources.next())
        #expect(try text(peer, until: "0\r\n\r\n").hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(source.endings.next() != nil)
    }

    // MARK: The stop

    @Test("A graceful stop ends deferred requests and streams at once, each in its way")
    func stop() throws {
        let fixture = try HTTPFixture()
        let (deferred, stream) = (try fixture.peer(), try fixture.peer())
        try deferred.send(get("/later"))
        #expect(fixture.responders.next() != nil)
        try stream.send(get("/stream"))
        let source = try #require(fixture.sources.next())
        let done = Mailbox<Int>()
        fixture.server.server.stop(within: .seconds(60)) { done.put($0) }
        let (head, body) = parts(try deferred.bytesUntilEnd())
        #expect(head.hasPrefix("HTTP/1.1 503 ") && head.contains("\r\nconnection: close\r\n"))
        #expect(body == "the server is shutting down\n")
        #expect(parts(try stream.bytesUntilEnd()).body == "0\r\n\r\n")
        #expect(fixture.gone.next() != nil && source.endings.next() != nil)
        #expect(done.next() == 0)
    }
}

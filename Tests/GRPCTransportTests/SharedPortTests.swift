// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import HTTP1Wire
import HTTPRouting
import TestSupport
import Testing

@Suite("HTTP/1.x on the port of gRPC")
struct SharedPortTests {
    /// Answers each path with itself.
    private static let echo = TestPages { routes, _ in
        let answer = HTTPHandler.immediate { request in
            HTTPResponse(.ok, contentType: "text/plain", body: Array(request.path.utf8))
        }
        routes.add(.get, below: "/", answer)
        routes.add(.post, below: "/", answer)
    }

    private func fixture(
        _ change: (inout ServerConfiguration) -> Void = { _ in }
    ) throws -> CallFixture {
        var configuration = ServerConfiguration.patient
        change(&configuration)
        return try CallFixture(configuration: configuration, http: [Self.echo])
    }

    /// All that the server says to these pieces, until it closes the connection.
    private func answer(_ fixture: CallFixture, _ pieces: String...) throws -> String {
        let peer = try ScriptedPeer(to: fixture.server.address)
        for piece in pieces { try peer.send(Array(piece.utf8)) }
        return withoutDates(try peer.bytesUntilEnd())
    }

    /// The text of responses without what changes.
    private func withoutDates(_ bytes: [UInt8]) -> String {
        var lines: [Substring] = []
        for line in String(decoding: bytes, as: UTF8.self).split(
            separator: "\r\n", omittingEmptySubsequences: false)
        where !line.hasPrefix("date: ") {
            lines.append(line)
        }
        return lines.joined(separator: "\r\n")
    }

    private func response(_ path: String, closing: Bool) -> String {
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncache-control: no-cache\r\n"
            + "x-content-type-options: nosniff\r\ncontent-length: \(path.utf8.count)\r\n"
            + (closing ? "connection: close\r\n" : "") + "\r\n" + path
    }

    /// The next response of the size of this one, which has no date.
    private func next(_ peer: ScriptedPeer, like response: String) throws -> String {
        let date = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        return withoutDates(try peer.bytes(response.utf8.count + date.utf8.count))
    }

    @Test("Requests are answered one after the other, also when they come in one go")
    func pipelining() throws {
        let requests = ["/a", "/bc"].map { "GET \($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined()
        let last = "GET /d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        let text = try answer(try fixture(), requests + last)
        let expected =
            response("/a", closing: false) + response("/bc", closing: false)
            + response("/d", closing: true)
        #expect(text == expected)
    }

    @Test("A request in single bytes is one request")
    func singleBytes() throws {
        let fixture = try fixture()
        let peer = try ScriptedPeer(to: fixture.server.address)
        for byte in "GET /slow HTTP/1.0\r\n\r\n".utf8 { try peer.send([byte]) }
        let text = withoutDates(try peer.bytesUntilEnd())
        #expect(text == response("/slow", closing: true))
    }

    @Test("What could be read in two ways is refused, and what follows it is not served")
    func smuggling() throws {
        let text = try answer(
            try fixture(),
            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
            "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(text.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        #expect(!text.contains("200") && text.contains("connection: close\r\n"))
    }

    @Test("The preface of HTTP/2 inside of HTTP/1.1 is no change of protocol")
    func prefaceLater() throws {
        let text = try answer(
            try fixture(),
            "GET /a HTTP/1.1\r\nHost: x\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        #expect(text.hasPrefix(response("/a", closing: false) + "HTTP/1.1 "))
        #expect(text.contains("connection: close\r\n"))
    }

    @Test("A client that does not end its request is told, and dropped")
    func slowRequest() throws {
        let fixture = try fixture { $0.timeouts.header = .milliseconds(50) }
        let text = try answer(fixture, "GET / HTTP/1.1\r\nHost:")
        #expect(text.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
        #expect(fixture.server.server.drops.count(of: .slowHeaders) == 1)
    }

    @Test("A client that says nothing more is dropped")
    func idle() throws {
        let fixture = try fixture { $0.timeouts.idle = .milliseconds(50) }
        let text = try answer(fixture, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(text == response("/a", closing: false))
    }

    @Test("A client that reads nothing has bounded answers waiting for it, and is dropped")
    func unread() throws {
        let fixture = try fixture {
            $0.timeouts.write = .milliseconds(100)
            $0.abuse.frameBudget = 1_000_000
        }
        let peer = try ScriptedPeer(to: fixture.server.address, receiveBuffer: 4096)
        let path = "/" + String(repeating: "x", count: 3000)
        let requests = Array(
            String(repeating: "GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n", count: 20).utf8)
        while (try? peer.trySend(requests)) == true {}
        let server = fixture.server.server
        #expect(eventually { server.drops.count(of: .stalled) == 1 })
        #expect(eventually { server.counters.heldBytes == 0 && server.counters.connections == 0 })
    }

    @Test("Requests that are served earn more")
    func servedRequests() throws {
        let fixture = try fixture {
            $0.abuse.frameBudget = 10
            $0.abuse.frameBudgetPerSecond = 0
        }
        let peer = try ScriptedPeer(to: fixture.server.address)
        let good = response("/a", closing: false)
        for _ in 0..<100 {
            try peer.send(Array("GET /a HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
            #expect(try next(peer, like: good) == good)
        }
    }

    @Test("Refused requests beyond the budget are answered with 429, in one go or one by one")
    func tooManyRequests() throws {
        let request = "PUT /a HTTP/1.1\r\nHost: x\r\n\r\n"
        let text = "this path is not for this method; use GET, HEAD, POST\n"
        let refused =
            "HTTP/1.1 405 Method Not Allowed\r\ncontent-type: text/plain; charset=utf-8\r\n"
            + "allow: GET, HEAD, POST\r\ncache-control: no-cache\r\n"
            + "x-content-type-options: nosniff\r\ncontent-length: \(text.utf8.count)\r\n\r\n" + text
        for isOneGo in [true, false] {
            let fixture = try fixture {
                $0.abuse.frameBudget = 100
                $0.abuse.frameBudgetPerSecond = 0
            }
            let peer = try ScriptedPeer(to: fixture.server.address)
            // Each takes one of the budget, and so do 256 of their bytes.
            let expected = 100 * 256 / (256 + request.utf8.count)
            if isOneGo {
                try peer.send(Array(String(repeating: request, count: 2 * expected).utf8))
            }
            for _ in 0..<expected {
                if !isOneGo { try peer.send(Array(request.utf8)) }
                #expect(try next(peer, like: refused) == refused)
            }
            if !isOneGo { try peer.send(Array((request + request).utf8)) }
            let text = withoutDates(try peer.bytesUntilEnd())
            #expect(text.contains(" 429 Too Many Requests\r\n"))
            #expect(text.hasSuffix("too many requests; wait, or use more connections\n"))
            #expect(fixture.server.server.drops.count(of: .tooManyRequests) == 1)
        }
    }

    @Test("A body is charged by its bytes")
    func largeBodies() throws {
        let fixture = try fixture {
            $0.abuse.frameBudget = 100
            $0.abuse.frameBudgetPerSecond = 0
        }
        let body = String(repeating: "x", count: 10_000)
        let request = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n" + body
        let text = try answer(fixture, request + request, request)
        #expect(text.hasPrefix(response("/a", closing: false) + response("/a", closing: false)))
        #expect(text.contains(" 429 "))
    }

    @Test("A graceful stop ends it after the answer under way")
    func stop() throws {
        let fixture = try fixture()
        let peer = try ScriptedPeer(to: fixture.server.address)
        try peer.send(Array("GET /a HTTP/1.1\r\nHost: x\r\n".utf8))
        let other = try ScriptedPeer(to: fixture.server.address)
        try other.send(Array("GET /b HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        let answer = response("/b", closing: false)
        #expect(try next(other, like: answer) == answer)
        let done = Mailbox<Void>()
        fixture.server.server.stop(within: .seconds(60)) { _ in done.put(()) }
        #expect(try other.bytesUntilEnd().isEmpty)
        #expect(done.count == 0)
        try peer.send(Array("\r\n".utf8))
        let text = withoutDates(try peer.bytesUntilEnd())
        #expect(text == response("/a", closing: true))
        #expect(done.next() != nil)
    }
}

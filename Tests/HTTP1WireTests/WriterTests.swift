// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
import Testing

@Suite("Written requests and responses")
struct WriterTests {
    private func request(_ text: String) throws -> HTTP1Request {
        var reader = HTTP1RequestReader()
        let event = Array(text.utf8).withUnsafeBytes { bytes in
            var rest = bytes
            return reader.receive(&rest)
        }
        guard case .request(let request) = event else { throw HTTP1Fault.startLine }
        return request
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test("A response has its length, its type and its body")
    func response() throws {
        let get = try request("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        var response = HTTP1Response(.serviceUnavailable, text: "loading")
        response.fields = [("retry-after", "1")]
        let expected =
            "HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\n"
            + "retry-after: 1\r\ncontent-length: 8\r\n"
        #expect(text(response.encoded(for: get)) == expected + "\r\nloading\n")
        #expect(
            text(response.encoded(for: get, closing: true))
                == expected + "connection: close\r\n\r\nloading\n")
    }

    @Test("HEAD gets the length without the body")
    func head() throws {
        let head = try request("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
        let bytes = HTTP1Response(.ok, text: "ok").encoded(for: head)
        #expect(text(bytes).hasSuffix("\r\ncontent-length: 3\r\n\r\n"))
    }

    @Test("The client's wish for the connection is answered")
    func connection() throws {
        let wishes = [
            "HTTP/1.0\r\nConnection: keep-alive": "connection: keep-alive\r\n",
            "HTTP/1.0": "connection: close\r\n",
            "HTTP/1.1\r\nHost: a\r\nConnection: close": "connection: close\r\n",
        ]
        for (wish, answer) in wishes {
            let request = try request("GET / \(wish)\r\n\r\n")
            let bytes = HTTP1Response(.ok, text: "x").encoded(for: request)
            #expect(text(bytes).contains("\r\n" + answer))
        }
    }

    @Test("No Content has neither a length nor a body")
    func noContent() throws {
        let get = try request("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let bytes = HTTP1Response(.noContent, text: "x").encoded(for: get)
        #expect(text(bytes).hasPrefix("HTTP/1.1 204 No Content\r\n"))
        #expect(text(bytes).hasSuffix("\r\n\r\n") && !text(bytes).contains("content-length"))
    }

    @Test("Refusals answer themselves, and a client can read them")
    func refusals() {
        var reader = HTTP1RequestReader()
        let bytes = Array("PUT / HTTP/1.1\r\nHost: a\r\n\r\n".utf8).withUnsafeBytes { bytes in
            var rest = bytes
            guard case .refused(let refusal) = reader.receive(&rest) else { return [UInt8]() }
            return refusal.encodedResponse
        }
        #expect(text(bytes).contains("\r\nallow: GET, HEAD, POST\r\n"))
        #expect(
            HTTP1WireTests.response([bytes[...]]) == "405 [the methods are GET, HEAD and POST\n]")
    }

    @Test("A request that we write is one that we read")
    func roundTrip() throws {
        var writer = try #require(HTTP1RequestWriter(host: "[::1]:8080"))
        let isAdded = writer.add("authorization", "Bearer abc")
        #expect(isAdded)
        let post = try #require(
            writer.post("/v1/x?y", contentType: "application/json", body: Array("{}".utf8)))
        let get = try #require(writer.get("/health"))
        #expect(requests([(post + get)[...]]) == ["post /v1/x?y [{}]", "get /health"])
        let read = try request(text(post))
        #expect(read.fields["authorization"] == "Bearer abc")
        #expect(read.fields["content-type"] == "application/json")
        #expect(read.fields["host"] == "[::1]:8080")
    }

    @Test("Nothing that ends a line or a word gets into a request")
    func injection() throws {
        for host in ["", "a b", "a\r\nX: y", "a\u{0}", "ä"] {
            #expect(HTTP1RequestWriter(host: host) == nil)
        }
        var writer = try #require(HTTP1RequestWriter(host: "a"))
        for value in ["a\r\nX: y", "a\n", "\r", "\u{0}", "\u{7f}"] {
            let isAdded = writer.add("x", value)
            #expect(!isAdded)
        }
        for target in ["", "x", "/a b", "/\r\n", "/ä", "/#"] {
            #expect(writer.get(target) == nil)
        }
        #expect(text(try #require(writer.get("/"))) == "GET / HTTP/1.1\r\nhost: a\r\n\r\n")
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
import Testing

@Suite("Written requests")
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

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
import TestSupport
import Testing

@Suite("A reader of requests")
struct RequestReaderTests {
    private static let host = "Host: a\r\n"

    private static let good: [(String, [String])] = [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", ["get /"]),
        ("HEAD /health HTTP/1.1\r\nhost:a:80\r\n\r\n", ["head /health"]),
        ("GET /a%20b?x=1&y=?z HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", ["get /a%20b?x=1&y=?z"]),
        ("GET /? HTTP/1.1\r\nHost: a\r\n\r\n", ["get /?"]),
        ("GET http://a.b:1/c?d HTTP/1.1\r\nHost: a\r\n\r\n", ["get /c?d"]),
        ("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", ["get /"]),
        ("GET / HTTP/1.1\r\nHost:  \t a \t \r\nX: \u{e9}, \"q\"\r\nY:\r\n\r\n", ["get /"]),
        ("GET / HTTP/1.0\r\n\r\n", ["get / close"]),
        ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", ["get /"]),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE\r\n\r\n", ["get / close"]),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n", ["get /"]),
        ("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", ["post /p [abc]"]),
        ("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", ["post /p"]),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab", ["get / [ab]"]),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
                + "3\r\nabc\r\n00A;x=\"y\"\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n",
            ["post / [abc0123456789]"]
        ),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\nx",
            ["100", "post / [x]"]
        ),
        ("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", ["get /"]),
        (
            "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
            ["post / close [x]"]
        ),
        (
            "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\n"
                + "Content-Length: 2\r\n\r\nab\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n",
            ["get /1", "post /2 [ab]", "get /3"]
        ),
    ]

    /// Of each, the whole connection is over: what follows is never read as a request.
    private static let bad: [(String, String)] = [
        ("GET / HTTP/1.1\nHost: a\r\n\r\n", "400 lineEnd"),
        ("GET / HTTP/1.1\r\nHost: a\n\r\n", "400 lineEnd"),
        ("GET / HTTP/1.1\r\nHost: a\r\r\n", "400 lineEnd"),
        ("GET / HTTP/1.1\rX\r\n", "400 lineEnd"),
        ("\n", "400 lineEnd"),
        ("\r\n\r\n", "400 startLine"),
        ("GET / HTTP/1.1\r\nHost: a\u{0}\r\n", "400 controlByte"),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \u{7f}\r\n", "400 controlByte"),
        ("\u{16}\u{3}\u{1}", "400 controlByte"),
        ("GET /\r\n\r\n", "400 startLine"),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "400 startLine"),
        (" GET / HTTP/1.1\r\nHost: a\r\n\r\n", "400 startLine"),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "400 startLine"),
        ("GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", "400 startLine"),
        ("G@T / HTTP/1.1\r\nHost: a\r\n\r\n", "400 startLine"),
        ("GET / http/1.1\r\nHost: a\r\n\r\n", "400 startLine"),
        ("GET / HTTP/1.10\r\nHost: a\r\n\r\n", "400 startLine"),
        ("GET / HTTP/1,1\r\nHost: a\r\n\r\n", "400 startLine"),
        ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", "505 version"),
        ("PRI * HTTP/2.0\r\n\r\n", "505 version"),
        ("GET / HTTP/0.9\r\n\r\n", "505 version"),
        ("GET a HTTP/1.1\r\nHost: a\r\n\r\n", "400 target"),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", "400 target"),
        ("GET /#f HTTP/1.1\r\nHost: a\r\n\r\n", "400 target"),
        ("GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n", "400 target"),
        ("GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n", "400 target"),
        ("GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "400 target"),
        ("GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", "400 target"),
        ("GET http://u@a/x HTTP/1.1\r\nHost: a\r\n\r\n", "400 target"),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400 fieldSyntax"),
        ("GET / HTTP/1.1\r\nHost: a\r\nNo colon\r\n\r\n", "400 fieldSyntax"),
        ("GET / HTTP/1.1\r\n: a\r\n\r\n", "400 fieldSyntax"),
        ("GET / HTTP/1.1\r\nX\u{e9}: a\r\n\r\n", "400 fieldSyntax"),
        ("GET / HTTP/1.1\r\nX(: a\r\n\r\n", "400 fieldSyntax"),
        ("GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", "400 folding"),
        ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", "400 folding"),
        ("GET / HTTP/1.1\r\nHost: a\r\n\t\r\n\r\n", "400 folding"),
        ("GET / HTTP/1.1\r\n\r\n", "400 host"),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400 host"),
        ("GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", "400 host"),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400 host"),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400 host"),
        ("POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n", "417 expectation"),
        ("OPTIONS * HTTP/1.0\r\n\r\n", "405 methodNotAllowed"),
        ("CONNECT a:1 HTTP/1.0\r\n\r\n", "405 methodNotAllowed"),
        ("GET * HTTP/1.0\r\n\r\n", "400 target"),
        (
            "BREW / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
            "501 methodUnknown"
        ),
        ("get / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "501 methodUnknown"),
    ]

    @Test("Good requests are read, wherever their bytes are cut")
    func good() {
        for (text, expected) in Self.good {
            for pieces in everySplit(Array(text.utf8)) {
                #expect(requests(pieces) == expected, "\(text.debugDescription)")
            }
        }
    }

    @Test("A PUT is read with its body")
    func bodyOfPut() {
        let text = "PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"
        for pieces in everySplit(Array(text.utf8)) {
            #expect(requests(pieces) == ["put /x [ab]"])
        }
    }

    @Test("Bad requests are refused once and end the connection, wherever their bytes are cut")
    func bad() {
        let next = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
        for (text, expected) in Self.bad {
            for pieces in everySplit(Array((text + next).utf8)) {
                #expect(requests(pieces) == [expected + " close"], "\(text.debugDescription)")
            }
        }
    }

    @Test("A method that is not served leaves the connection open when nothing follows its head")
    func otherMethods() {
        let text =
            "PATCH /x HTTP/1.1\r\nHost: a\r\n\r\nBREW /x HTTP/1.1\r\nHost: a\r\n\r\n"
            + "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        for pieces in everySplit(Array(text.utf8)) {
            #expect(requests(pieces) == ["other /x", "501 methodUnknown", "get /"])
        }
    }

    @Test("Each limit holds to the byte, and is told apart")
    func limits() {
        func read(_ text: String) -> [String] { requests([Array(text.utf8)[...]]) }
        func line(_ count: Int) -> String {
            "GET /" + String(repeating: "x", count: count - 14) + " HTTP/1.1\r\nHost: a\r\n\r\n"
        }
        #expect(read(line(4096)).count == 1 && read(line(4096))[0].hasPrefix("get /xx"))
        #expect(read(line(4097)) == ["414 startLineTooLong close"])
        func fields(_ count: Int) -> String {
            "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "x:\r\n", count: count - 1) + "\r\n"
        }
        #expect(read(fields(64)) == ["get /"])
        #expect(read(fields(65)) == ["431 tooManyFields close"])
        func head(_ count: Int) -> String {
            let start = "GET / HTTP/1.1\r\nHost: a\r\nX:"
            return start + String(repeating: "x", count: count - start.utf8.count - 4) + "\r\n\r\n"
        }
        #expect(read(head(16 << 10)) == ["get /"])
        #expect(read(head((16 << 10) + 1)) == ["431 headTooLarge close"])
        func body(_ count: Int) -> String {
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(count)\r\n\r\n"
        }
        let full = body(64 << 10) + String(repeating: "x", count: 64 << 10)
        #expect(read(full).first?.utf8.count == "post / []".utf8.count + 64 << 10)
        // Refused at the head: the body is not awaited.
        #expect(read(body((64 << 10) + 1)) == ["413 bodyTooLarge close"])
    }

    @Test("An endless head is refused though no line of it ever ends")
    func endless() {
        var reader = HTTP1RequestReader()
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 100)
        var taken = 0
        while taken < 10_000 {
            let refusal: HTTP1Refusal? = piece.withUnsafeBytes { bytes in
                var rest = bytes
                guard case .refused(let refusal) = reader.receive(&rest) else { return nil }
                return refusal
            }
            if let refusal {
                #expect(refusal.fault == .startLineTooLong)
                return
            }
            taken += piece.count
        }
        Issue.record("10,000 bytes were taken without a refusal")
    }

    @Test("Fields are found whatever their case, and a request knows that it has begun")
    func fields() throws {
        var reader = HTTP1RequestReader()
        #expect(!reader.isMidRequest)
        let text = "GET / HTTP/1.1\r\nHost: a\r\nAUTHORIZATION:  Bearer x \r\n\r\n"
        let request: HTTP1Request? = Array(text.utf8).withUnsafeBytes { bytes in
            var start = UnsafeRawBufferPointer(rebasing: bytes[..<9])
            if case .request = reader.receive(&start) { return nil }
            #expect(reader.isMidRequest)
            var rest = UnsafeRawBufferPointer(rebasing: bytes[9...])
            guard case .request(let request) = reader.receive(&rest) else { return nil }
            return request
        }
        let fields = try #require(request).fields
        #expect(fields["authorization"] == "Bearer x")
        #expect(fields["cookie"] == nil && fields.count == 2)
        #expect(!reader.isMidRequest)
    }

    @Test("Damaged requests are read alike in one piece and byte by byte")
    func damaged() {
        var generator = SplitMix64(seed: 11)
        for (text, _) in Self.good {
            for _ in 0..<300 {
                let bytes = mutated(Array(text.utf8), with: &generator)
                let bytewise = requests(bytes.indices.map { bytes[$0...$0] })
                #expect(requests([bytes[...]]) == bytewise)
            }
        }
    }
}

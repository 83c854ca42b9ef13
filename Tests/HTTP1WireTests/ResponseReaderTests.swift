// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
import TestSupport
import Testing

@Suite("A reader of responses")
struct ResponseReaderTests {
    private static let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    /// Bytes of a connection that then ends, and what they come to.
    private static let cases: [(String, String)] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "200 [abc]"),
        ("HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n", "404 []"),
        ("HTTP/1.1 503\r\nContent-Length: 0\r\n\r\n", "503 []"),
        ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", "200 [x] close"),
        ("HTTP/1.1 200 OK\r\n\r\nuntil the end", "200 [until the end] close"),
        ("HTTP/1.0 200 OK\r\n\r\nuntil the end", "200 [until the end] close"),
        ("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", "200 [x] close"),
        ("HTTP/1.1 204 No Content\r\n\r\n", "204 []"),
        ("HTTP/1.1 304 x\r\nContent-Length: 7\r\n\r\n", "304 []"),
        (chunked + "2\r\nab\r\n1\r\nc\r\n0\r\nX: y\r\n\r\n", "200 [abc]"),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nX: y\r\n\r\n"
                + "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", "200 [x]"
        ),
        ("", "cutOff"), ("HTTP/1.1 2", "cutOff"), ("HTTP/1.1 200 OK\r\nX: y\r\n", "cutOff"),
        ("HTTP/1.1 100 Continue\r\n\r\n", "cutOff"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", "cutOff"),
        (chunked + "2\r\nab\r\n", "cutOff"), (chunked + "2\r\nab\r\n0\r\n", "cutOff"),
        ("HTTP/1.1 101 Switching\r\n\r\n", "upgrade"), ("HTTP/2 200\r\n\r\n", "version"),
        ("HTTP/1.2 200 OK\r\n\r\n", "version"), ("ICY 200 OK\r\n\r\n", "version"),
        ("HTTP/1.1 20 OK\r\n\r\n", "startLine"), ("HTTP/1.1 2000\r\n\r\n", "startLine"),
        ("HTTP/1.1  200 OK\r\n\r\n", "startLine"), ("HTTP/1.1 +20 OK\r\n\r\n", "startLine"),
        ("HTTP/1.1 099 OK\r\n\r\n", "startLine"), ("HTTP/1.1 2f0 OK\r\n\r\n", "startLine"),
        ("HTTP/1.1 200 OK\n\n", "lineEnd"), ("HTTP/1.1 200 \u{1b}[2J\r\n\r\n", "controlByte"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx", "contentLength"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "twoLengths"
        ),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "transferEncodingUnknown"),
        (chunked + "zz\r\n", "chunkSize"), (chunked + "1\r\nab", "chunkEnd"),
        (String(repeating: "HTTP/1.1 102 x\r\n\r\n", count: 9), "tooManyInterim"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n", "bodyTooLarge"),
        (chunked + "10001\r\n", "bodyTooLarge"),
    ]

    @Test("Responses are read to their end or refused, wherever their bytes are cut")
    func table() {
        for (text, expected) in Self.cases {
            for pieces in everySplit(Array(text.utf8)) {
                #expect(response(pieces, ends: true) == expected, "\(text.debugDescription)")
            }
        }
    }

    @Test("A response that says where it ends needs no end of the connection")
    func ends() {
        for (text, expected) in Self.cases.prefix(3) {
            #expect(response([Array(text.utf8)[...]]) == expected)
        }
        #expect(response([Array("HTTP/1.1 200 OK\r\n\r\nabc".utf8)[...]]) == "200 ...")
    }

    @Test("The answer to HEAD has no body, whatever it says")
    func answerToHead() {
        for field in ["Content-Length: 100000000", "Transfer-Encoding: chunked"] {
            let text = "HTTP/1.1 200 OK\r\n\(field)\r\n\r\n"
            #expect(response([Array(text.utf8)[...]], isAnswerToHead: true) == "200 []")
        }
    }

    @Test("Bytes after the response are left, and told")
    func leftover() {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP"
        #expect(response([Array(text.utf8)[...]]) == "200 [x] +4")
    }

    @Test("A body that ends with the connection is bounded too")
    func boundedUntilClose() {
        let head = Array("HTTP/1.1 200 OK\r\n\r\n".utf8)
        let piece = [UInt8](repeating: 0, count: 32 << 10)
        #expect(response([head[...], piece[...], piece[...]]) == "200 ...")
        #expect(response([head[...], piece[...], piece[...], piece[..<1]]) == "bodyTooLarge")
    }

    @Test("Damaged responses are read alike in one piece and byte by byte")
    func damaged() {
        var generator = SplitMix64(seed: 12)
        for (text, _) in Self.cases where !text.isEmpty {
            for _ in 0..<200 {
                let bytes = mutated(Array(text.utf8), with: &generator)
                let bytewise = response(bytes.indices.map { bytes[$0...$0] }, ends: true)
                let whole = response([bytes[...]], ends: true)
                // Bytes after the end are counted in the piece in which the end was.
                #expect(whole.split(separator: "+")[0].hasPrefix(bytewise.split(separator: "+")[0]))
            }
        }
    }
}

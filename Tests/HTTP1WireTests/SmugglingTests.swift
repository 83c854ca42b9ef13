// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
import Testing

/// Where two readers could see two ends of a body, there must be no second request (RFC 9112, 11.2).
@Suite("Smuggled requests")
struct SmugglingTests {
    private static let start = "POST / HTTP/1.1\r\nHost: a\r\n"
    private static let hidden = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let chunked = "Transfer-Encoding: chunked\r\n"

    private func expectRefusal(
        _ head: String, body: String = "0\r\n\r\n", _ expected: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let text = Self.start + head + "\r\n" + body + Self.hidden
        for pieces in everySplit(Array(text.utf8)) {
            #expect(
                requests(pieces) == [expected + " close"], "\(text.debugDescription)",
                sourceLocation: sourceLocation)
        }
    }

    @Test("Both lengths at once are refused, in either order")
    func twoLengths() {
        expectRefusal("Content-Length: 5\r\n" + Self.chunked, "400 twoLengths")
        expectRefusal(Self.chunked + "Content-Length: 5\r\n", "400 twoLengths")
        expectRefusal(Self.chunked + "Content-Length: x\r\n", "400 twoLengths")
        expectRefusal("Content-Length: 5\r\nTransfer-Encoding: identity\r\n", "400 twoLengths")
    }

    @Test(
        "Whatever is not one plain number is no Content-Length",
        arguments: [
            "+5", "-5", "05", "00", "0x5", "5;", "5,5", "5, 5", "5 5", "", "５", "5.0", "1e1",
            "9223372036854775808", "18446744073709551621", "4294967301999999999999999999",
        ])
    func contentLength(_ value: String) {
        expectRefusal("Content-Length: \(value)\r\n", "400 contentLength")
    }

    @Test("Content-Length twice is refused, equal or not")
    func twice() {
        expectRefusal("Content-Length: 5\r\nContent-Length: 5\r\n", "400 contentLength")
        expectRefusal("Content-Length: 5\r\ncontent-length: 6\r\n", "400 contentLength")
    }

    @Test("A number of 18 digits is read and refused as too large")
    func large() { expectRefusal("Content-Length: 999999999999999999\r\n", "413 bodyTooLarge") }

    @Test(
        "Whatever is not the one word is no Transfer-Encoding",
        arguments: [
            "xchunked", "chunked, identity", "identity, chunked", "chunked,chunked", "chunked;q=1",
            "gzip", "identity", "\"chunked\"", "chunked x", "", "chunked,", "cow", "c hunked",
        ])
    func transferEncoding(_ value: String) {
        expectRefusal("Transfer-Encoding: \(value)\r\n", "501 transferEncodingUnknown")
    }

    @Test("Obfuscated names and values never pass for Transfer-Encoding, nor for nothing")
    func obfuscated() {
        expectRefusal("Transfer-Encoding : chunked\r\n", "400 fieldSyntax")
        expectRefusal(" Transfer-Encoding: chunked\r\n", "400 folding")
        expectRefusal("X: y\r\n Transfer-Encoding: chunked\r\n", "400 folding")
        expectRefusal("Transfer-Encoding:\r\n chunked\r\n", "400 folding")
        expectRefusal("Transfer-Encoding\r\n: chunked\r\n", "400 fieldSyntax")
        expectRefusal("Transfer-Encoding: \u{b}chunked\r\n", "400 controlByte")
        expectRefusal("Transfer-Encoding: chunked\u{0}\r\n", "400 controlByte")
        expectRefusal("X: y\nTransfer-Encoding: chunked\r\n", "400 lineEnd")
        expectRefusal("X: y\rTransfer-Encoding: chunked\r\n", "400 lineEnd")
        expectRefusal("Transfer-\u{e9}ncoding: chunked\r\n", "400 fieldSyntax")
        expectRefusal(Self.chunked + Self.chunked, "501 transferEncodingUnknown")
        expectRefusal(Self.chunked + "transfer-encoding: x\r\n", "501 transferEncodingUnknown")
    }

    @Test("HTTP/1.0 knows no Transfer-Encoding")
    func oldVersion() {
        let text = "POST / HTTP/1.0\r\n" + Self.chunked + "\r\n0\r\n\r\n"
        for pieces in everySplit(Array(text.utf8)) {
            #expect(requests(pieces) == ["400 transferEncoding close"])
        }
    }

    @Test(
        "Sizes that are not plain hexadecimal end the connection",
        arguments: [
            "+1", "-1", " 1", "1 ", "0x1", "x", "", "1 ;a", "g", "1g", "000000001", "123456789",
            "FFFFFFFFFFFFFFFF", "10000000000000001", "1\t",
        ])
    func chunkSize(_ size: String) {
        expectRefusal(Self.chunked, body: "\(size)\r\na\r\n0\r\n\r\n", "400 chunkSize")
    }

    @Test("A chunk that is longer or shorter than it says ends the connection")
    func chunkEnd() {
        expectRefusal(Self.chunked, body: "1\r\nab\r\n0\r\n\r\n", "400 chunkEnd")
        expectRefusal(Self.chunked, body: "1\r\na0\r\n\r\n", "400 chunkEnd")
        expectRefusal(Self.chunked, body: "3\r\na\r\n0\r\n\r\n", "400 chunkEnd")
        expectRefusal(Self.chunked, body: "1\na\r\n0\r\n\r\n", "400 chunkSize")
        expectRefusal(Self.chunked, body: "1\ra\r\n0\r\n\r\n", "400 lineEnd")
        expectRefusal(Self.chunked, body: "1;x\n\r\na\r\n0\r\n\r\n", "400 chunkSize")
        expectRefusal(Self.chunked, body: "1\r\na\n0\r\n\r\n", "400 chunkEnd")
        expectRefusal(Self.chunked, body: "1\r\na\r0\r\n\r\n", "400 lineEnd")
    }

    @Test("Trailers are read as strictly as fields, and bounded")
    func trailers() {
        expectRefusal(Self.chunked, body: "0\r\nX : y\r\n\r\n", "400 fieldSyntax")
        expectRefusal(Self.chunked, body: "0\r\nX: y\n\r\n", "400 lineEnd")
        expectRefusal(Self.chunked, body: "0\r\n X: y\r\n\r\n", "400 folding")
        let many = String(repeating: "X:\r\n", count: 65)
        let text = Self.start + Self.chunked + "\r\n0\r\n" + many + "\r\n"
        #expect(requests([Array(text.utf8)[...]]) == ["431 tooManyFields close"])
    }

    @Test("Chunks' sizes add up against the limit before their bytes come, as do their extensions")
    func chunkLimits() {
        func read(_ body: String) -> [String] {
            requests([Array((Self.start + Self.chunked + "\r\n" + body).utf8)[...]])
        }
        #expect(read("10001\r\n") == ["413 bodyTooLarge close"])
        #expect(read("1\r\na\r\n10000\r\n") == ["413 bodyTooLarge close"])
        #expect(read("FFFFFFFF\r\n") == ["413 bodyTooLarge close"])
        let line = "1;" + String(repeating: "x", count: 254) + "\r\na\r\n"
        #expect(read(line + "0\r\n\r\n") == ["post / [a]"])
        #expect(read("1;" + String(repeating: "x", count: 255)) == ["400 chunkSize close"])
        #expect(read(String(repeating: line, count: 17)) == ["400 chunkExtensions close"])
    }
}

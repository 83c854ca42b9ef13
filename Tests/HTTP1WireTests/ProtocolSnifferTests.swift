// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
import Testing

@Suite("A sniffer of protocols")
struct ProtocolSnifferTests {
    /// The verdict on `text` given byte by byte, the bytes it took, and what it says of all at once.
    private func sniff(
        _ text: String
    ) -> (verdict: ProtocolSniffer.Verdict, count: Int, whole: ProtocolSniffer.Verdict) {
        let bytes = Array(text.utf8)
        var sniffer = ProtocolSniffer()
        let whole = bytes.withUnsafeBytes { sniffer.receive($0) }
        sniffer = ProtocolSniffer()
        for index in bytes.indices {
            let verdict = bytes[index...index].withUnsafeBytes { sniffer.receive($0) }
            if verdict != .undecided {
                #expect(Array(sniffer.taken) == Array(bytes[..<index]))
                return (verdict, index + 1, whole)
            }
        }
        #expect(Array(sniffer.taken) == bytes)
        return (.undecided, bytes.count, whole)
    }

    private func expect(_ text: String, _ verdict: ProtocolSniffer.Verdict, after count: Int) {
        let result = sniff(text)
        #expect(result.verdict == verdict && result.whole == verdict, "\(text.debugDescription)")
        #expect(result.count == count, "\(text.debugDescription)")
    }

    @Test("The preface of HTTP/2 is told by four bytes")
    func http2() {
        expect("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .http2, after: 4)
        for count in 0..<4 { expect(String("PRI ".prefix(count)), .undecided, after: count) }
    }

    @Test("A method is told by its name and the blank after it")
    func http1() {
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "PATCH"] {
            expect(method + " / HTTP/1.1\r\n", .http1, after: method.utf8.count + 1)
            expect(method, .undecided, after: method.utf8.count)
        }
    }

    @Test("TLS is told by the type and the version of its first record")
    func tls() {
        expect("\u{16}\u{3}\u{1}\u{2}\u{0}", .tls, after: 2)
        expect("\u{16}", .undecided, after: 1)
    }

    @Test("Whatever begins no method that is known is neither")
    func neither() {
        expect("\u{16}GET", .neither, after: 2)
        expect("\u{0}\u{0}\u{0}\u{4}", .neither, after: 1)
        expect(" GET", .neither, after: 1)
        expect("\n", .neither, after: 1)
        expect("PR\u{0}", .neither, after: 3)
        expect("PRIX / HTTP/1.1", .neither, after: 4)
        expect("GETS / HTTP/1.1", .neither, after: 4)
        expect("get / HTTP/1.1", .neither, after: 1)
        expect("INVALID CONNECTION PREFACE\r\n\r\n", .neither, after: 1)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import HTTP2Wire
import TestSupport
import Testing

@Suite("Timeouts, texts and codes")
struct EncodingTests {
    @Test(
        "A timeout is digits and a unit",
        arguments: [
            ("1n", 1), ("2u", 2_000), ("3m", 3_000_000), ("4S", 4_000_000_000),
            ("5M", 300_000_000_000), ("6H", 21_600_000_000_000), ("0S", 0), ("007m", 7_000_000),
            ("99999999n", 99_999_999), ("99999999S", 99_999_999_000_000_000),
            ("99999999M", 5_999_999_940_000_000_000), ("99999999H", Int64.max),
        ])
    func timeout(_ text: String, _ nanoseconds: Int64) {
        #expect(withBytes(text) { GRPCTimeout.parse($0) } == .nanoseconds(nanoseconds))
    }

    @Test(
        "Anything else is malformed",
        arguments: [
            "", "S", "1", "123456789S", "1s", "1h", "1.5S", "-1S", "+1S", " 1S", "1S ", "1 S",
            "1SS", "S1", "0x1S", "1\u{0}", "é1S", "12345678",
        ])
    func malformed(_ text: String) {
        #expect(withBytes(text) { GRPCTimeout.parse($0) } == nil)
    }

    @Test(
        "A timeout is written in the finest unit that fits, and rounded up",
        arguments: [
            (-5, "0n"), (0, "0n"), (1, "1n"), (99_999_999, "99999999n"), (100_000_000, "100000u"),
            (100_000_001, "100001u"), (99_999_999_001, "100000m"), (1_000_000_000_000, "1000000m"),
            (99_999_999_000_001, "100000S"), (.max, "2562048H"),
        ])
    func written(_ nanoseconds: Int64, _ text: String) {
        #expect(GRPCTimeout.format(nanoseconds: nanoseconds) == text)
    }

    @Test("What is written reads back as no less, and little more")
    func roundTrip() throws {
        var generator = SplitMix64(seed: 3)
        for _ in 0..<10_000 {
            let value =
                Int64.random(in: 0 ... .max, using: &generator)
                >> Int64.random(in: 0..<63, using: &generator)
            let text = GRPCTimeout.format(nanoseconds: value)
            let read = try #require(withBytes(text) { GRPCTimeout.parse($0) })
            #expect(read >= .nanoseconds(value))
            #expect(read / 1.001 <= .nanoseconds(value))
        }
    }

    @Test(
        "A message is percent-encoded, and decodes to itself",
        arguments: [
            ("", ""), ("plain text, 100 %", "plain text, 100 %25"), ("a\nb", "a%0Ab"),
            ("é", "%C3%A9"), ("~ \u{7f}", "~ %7F"), ("\u{0}", "%00"), ("🙂", "%F0%9F%99%82"),
            ("service ", "service%20"), (" a  b ", "%20a  b%20"), (" ", "%20"), ("  ", "%20%20"),
            ("\ta\t", "%09a%09"),
        ])
    func percent(_ text: String, _ encoded: String) {
        #expect(PercentEncoding.encode(text) == encoded)
        #expect(withBytes(encoded) { PercentEncoding.decode($0) } == text)
    }

    @Test("A message that is cut off does not end in a space either")
    func cutOffAtSpace() {
        for length in 4080..<4100 {
            let encoded = PercentEncoding.encode(
                String(repeating: "a", count: length) + String(repeating: " ", count: 100))
            #expect(encoded.utf8.count <= 4096 && encoded.utf8.last != 0x20)
        }
    }

    @Test("Of a message that is too long for clients the beginning is sent, in whole characters")
    func longMessage() {
        for text in ["a", "é", "🙂", "%"] {
            let encoded = PercentEncoding.encode(String(repeating: text, count: 100_000))
            #expect(encoded.utf8.count <= 4096 && encoded.utf8.count > 4080)
            let decoded = withBytes(encoded) { PercentEncoding.decode($0) }
            #expect(decoded.allSatisfy { String($0) == text })
        }
    }

    @Test(
        "What is no escape stays as it is, and broken UTF-8 is repaired",
        arguments: [
            ("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("%4g", "%4g"), ("%%41", "%A"),
            ("%41%", "A%"), ("%c3%a9", "é"), ("%FF", "\u{fffd}"), ("é", "é"), ("%4%41", "%4A"),
        ])
    func lenient(_ encoded: String, _ text: String) {
        #expect(withBytes(encoded) { PercentEncoding.decode($0) } == text)
    }

    @Test(
        "An HTTP status means a code",
        arguments: [
            (400, StatusCode.internal), (401, .unauthenticated), (403, .permissionDenied),
            (404, .unimplemented), (429, .unavailable), (502, .unavailable), (503, .unavailable),
            (504, .unavailable), (200, .unknown), (500, .unknown), (0, .unknown), (999, .unknown),
        ])
    func httpStatus(_ number: Int, _ code: StatusCode) {
        #expect(StatusCode(httpStatus: number) == code)
    }

    @Test(
        "A reset means a code",
        arguments: [
            (HTTP2ErrorCode.refusedStream, StatusCode.unavailable), (.cancel, .cancelled),
            (.enhanceYourCalm, .resourceExhausted), (.inadequateSecurity, .permissionDenied),
            (.noError, .internal), (.protocolError, .internal), (.streamClosed, .internal),
            (.http11Required, .internal), (HTTP2ErrorCode(rawValue: 99), .internal),
        ])
    func reset(_ code: HTTP2ErrorCode, _ expected: StatusCode) {
        #expect(StatusCode(resetWith: code) == expected)
    }

    @Test("Codes have the numbers of the specification")
    func numbers() {
        let codes: [StatusCode] = [
            .ok, .cancelled, .unknown, .invalidArgument, .deadlineExceeded, .notFound,
            .alreadyExists, .permissionDenied, .resourceExhausted, .failedPrecondition, .aborted,
            .outOfRange, .unimplemented, .internal, .unavailable, .dataLoss, .unauthenticated,
        ]
        #expect(codes.map(\.rawValue) == Array(0...16))
    }
}

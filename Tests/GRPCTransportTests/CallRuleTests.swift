// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import GRPCWire
import TestSupport
import Testing

@Suite("What gRPC asks of a request")
struct CallRuleTests {
    private func callFields(without name: String) -> [(String, String)] {
        ScriptedPeer.callFields("/test.Calls/Echo").filter { $0.0 != name }
    }

    private func echo(_ peer: ScriptedPeer, _ fields: [(String, String)]) throws {
        try peer.send(.headers(1, fields), .data(1, prefixed([1]), endStream: true))
    }

    @Test("A call without te is served: nobody insists on it")
    func noTE() throws {
        let peer = try CallFixture().greetedPeer()
        try echo(peer, callFields(without: "te"))
        #expect(try peer.nextAnswer().message == [1])
    }

    @Test("A te of another value than trailers is malformed (RFC 9113, 8.2.2)")
    func otherTE() throws {
        let peer = try CallFixture().greetedPeer()
        try echo(peer, callFields(without: "te") + [("te", "gzip")])
        #expect(try peer.next(.rstStream) == .reset(1, code: 1))
    }

    @Test(
        "These content types are served",
        arguments: ["application/grpc", "application/grpc+proto", "application/grpc;charset=utf-8"])
    func contentType(_ value: String) throws {
        let peer = try CallFixture().greetedPeer()
        try echo(peer, callFields(without: "content-type") + [("content-type", value)])
        #expect(try peer.nextAnswer().message == [1])
    }

    @Test(
        "A malformed timeout fails the call",
        arguments: [
            [""], ["1"], ["S"], ["123456789S"], ["-1S"], ["1s"], ["1S", "1S"], ["1S", "x"],
        ])
    func malformedTimeout(_ values: [String]) throws {
        let peer = try CallFixture().greetedPeer()
        let timeouts = values.map { ("grpc-timeout", $0) }
        try echo(peer, ScriptedPeer.callFields("/test.Calls/Echo") + timeouts)
        #expect(
            try peer.nextHeaders(endStream: true) == trailersOnly(13, "malformed grpc-timeout"))
        try peer.expectSilence()
    }

    @Test("A timeout of any unit is one", arguments: ["10000000n", "10000u", "10m"])
    func timeoutUnits(_ value: String) throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        try peer.call("/test.Calls/Wait", on: 1, [], extra: [("grpc-timeout", value)])
        #expect(try peer.nextHeaders(endStream: true) == trailersOnly(4, "the deadline has passed"))
    }

    @Test("A deadline passes although no data ever comes, or not all of it", arguments: [0, 3])
    func deadlineWithoutData(_ count: Int) throws {
        let peer = try CallFixture().greetedPeer()
        try peer.call("/test.Calls/Echo", on: 1, extra: [("grpc-timeout", "50m")])
        if count > 0 { try peer.send(.data(1, Array(prefixed([1])[..<count]))) }
        #expect(try peer.nextHeaders(endStream: true) == trailersOnly(4, "the deadline has passed"))
        #expect(try peer.next(.rstStream) == .reset(1, code: 0))
        try peer.expectSilence()
    }

    @Test("Deadlines of several calls that begin in one read pass for each")
    func severalDeadlines() throws {
        let peer = try CallFixture().greetedPeer()
        let fields = ScriptedPeer.callFields(
            "/test.Calls/Echo", extra: [("grpc-timeout", "50m")])
        try peer.send(.headers(1, fields), .headers(3, fields), .headers(5, fields))
        var ended: Set<Int32> = []
        while ended.count < 3 {
            let frame = try #require(try peer.next())
            if frame.isA(.headers) { ended.insert(frame.streamID) }
        }
        #expect(ended == [1, 3, 5])
    }

    @Test("An unknown encoding is UNIMPLEMENTED, and the answer says what is known")
    func unknownEncoding() throws {
        let peer = try CallFixture().greetedPeer()
        try peer.call("/test.Calls/Echo", on: 1, [1], extra: [("grpc-encoding", "br")])
        #expect(
            try peer.nextHeaders(endStream: true)
                == trailersOnly(
                    12, "this grpc-encoding is unknown; use identity or gzip",
                    "grpc-accept-encoding: identity,gzip"))
    }

    @Test("A message is refused at its prefix, before its bytes are held")
    func tooLarge() throws {
        let peer = try CallFixture().greetedPeer()
        try peer.call("/test.Calls/Limited", on: 1)
        try peer.send(.data(1, [0, 0, 0, 0, 11]))
        #expect(
            try peer.nextHeaders(endStream: true)
                == trailersOnly(8, "message larger than max (11 vs. 10 bytes)"))
        #expect(try peer.next(.rstStream) == .reset(1, code: 0))
    }
}

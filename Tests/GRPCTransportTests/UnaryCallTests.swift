// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import GRPCWire
import HTTP2Wire
import TestSupport
import Testing

@Suite("A unary call")
struct UnaryCallTests {
    private let unimplemented = "grpc-accept-encoding: identity,gzip"

    @Test("is answered with HEADERS, DATA and HEADERS that end the stream")
    func frames() throws {
        let peer = try CallFixture().greetedPeer()
        for (index, payload) in [[1, 2, 3], [], [9]].enumerated() as EnumeratedSequence<[[UInt8]]> {
            try peer.call("/test.Calls/Echo", on: Int32(2 * index + 1), payload)
            let answer = try peer.nextAnswer()
            #expect(answer.message == payload && answer.trailers == ["grpc-status: 0"])
        }
    }

    @Test("that fails has its status in one block, percent-encoded")
    func failure() throws {
        let peer = try CallFixture().greetedPeer()
        try peer.call("/test.Calls/Fail", on: 1, [])
        #expect(try peer.nextHeaders(endStream: true) == trailersOnly(10, "no %C3%A9%0A"))
        try peer.expectSilence()
    }

    @Test(
        "of an unknown path is UNIMPLEMENTED, in the words that clients look for",
        arguments: [
            ("/test.Calls/Nothing", "unknown method Nothing for service test.Calls"),
            ("/test.Calls/", "unknown method  for service test.Calls"),
            ("/test.Calls/Echo/More", "unknown method Echo/More for service test.Calls"),
            ("/grpc.health.v1.Health/Check", "unknown service grpc.health.v1.Health"),
            ("/test.Call/Echo", "unknown service test.Call"), ("//", "unknown service%20"),
            ("/", "malformed method name: /"),
            ("/test.Calls", "malformed method name: /test.Calls"),
        ])
    func unknown(_ path: String, _ text: String) throws {
        let peer = try CallFixture().greetedPeer()
        try peer.call(path, on: 1, [])
        #expect(try peer.nextHeaders(endStream: true) == trailersOnly(12, text, unimplemented))
        // The request was complete in time: nothing is reset.
        try peer.expectSilence()
    }

    @Test("of an unknown path is answered before its request is complete")
    func unknownEarly() throws {
        let peer = try CallFixture().greetedPeer()
        try peer.call("/x.Y/Z", on: 1)
        #expect(
            try peer.nextHeaders(endStream: true)
                == trailersOnly(12, "unknown service x.Y", unimplemented))
        // The rest is not wanted (RFC 9113, 8.1).
        #expect(try peer.next(.rstStream).resetCode == 0)
        // What was on its way hurts nobody.
        try peer.send(.data(1, [0, 0, 0, 0], endStream: false))
        try peer.call("/test.Calls/Echo", on: 3, [5])
        #expect(try peer.nextAnswer().message == [5])
    }

    @Test("whose request comes byte by byte is answered as any other")
    func pieces() throws {
        let peer = try CallFixture().greetedPeer()
        try peer.call("/test.Calls/Echo", on: 1)
        let bytes = prefixed([1, 2, 3])
        for (index, byte) in bytes.enumerated() {
            try peer.expectSilence()
            try peer.send(.data(1, [byte], endStream: index == bytes.count - 1))
        }
        #expect(try peer.nextAnswer().message == [1, 2, 3])
    }

    @Test("whose whole connection comes byte by byte is answered too")
    func bytewise() throws {
        let fixture = try CallFixture()
        let peer = try ScriptedPeer(to: fixture.server.address)
        let fields = ScriptedPeer.callFields("/test.Calls/Echo")
        let frames = [
            Frame.settings(), .headers(1, fields), .data(1, prefixed([4]), endStream: true),
        ]
        for byte in Frame.preface + frames.flatMap(\.bytes) { try peer.send([byte]) }
        while try peer.next() != Frame.settingsAcknowledgement {}
        #expect(try peer.nextAnswer().message == [4])
        withExtendedLifetime(fixture) {}
    }

    @Test(
        "whose end comes in an empty frame, or in trailers, is answered", arguments: [true, false])
    func lateEnd(_ inTrailers: Bool) throws {
        let peer = try CallFixture().greetedPeer()
        try peer.call("/test.Calls/Echo", on: 1)
        try peer.send(.data(1, prefixed([4])))
        try peer.expectSilence()
        try peer.send(
            inTrailers ? .headers(1, [("x", "y")], endStream: true) : .data(1, [], endStream: true))
        #expect(try peer.nextAnswer().message == [4])
    }

    @Test("without a message, with two or with a part of one fails")
    func badMessages() throws {
        let peer = try CallFixture().greetedPeer()
        let cases: [([UInt8], [String])] = [
            ([], trailersOnly(12, "the request has no message", unimplemented)),
            (
                prefixed([1]) + prefixed([2]),
                trailersOnly(12, "more than one request message", unimplemented)
            ),
            ([0, 0, 0], trailersOnly(13, "the request ends within a message")),
            (
                prefixed([1], flag: 1),
                trailersOnly(13, "a message is compressed, but no grpc-encoding was agreed")
            ),
        ]
        for (index, (bytes, answer)) in cases.enumerated() {
            let id = Int32(2 * index + 1)
            try peer.call("/test.Calls/Echo", on: id)
            try peer.send(.data(id, bytes, endStream: true))
            #expect(try peer.nextHeaders(endStream: true) == answer)
        }
        try peer.send(
            .headers(9, ScriptedPeer.callFields("/test.Calls/Echo"), endStream: true))
        #expect(try peer.nextHeaders(endStream: true) == cases[0].1)
    }

    @Test("above the method's limit is refused at its prefix, with its status and then a reset")
    func tooLarge() throws {
        let peer = try CallFixture().greetedPeer()
        try peer.call("/test.Calls/Limited", on: 1, .init(repeating: 1, count: 10))
        #expect(try peer.nextAnswer().message.count == 10)
        try peer.call("/test.Calls/Limited", on: 3)
        try peer.send(.data(3, [0, 0, 0, 0, 11]))
        #expect(
            try peer.nextHeaders(endStream: true)
                == trailersOnly(8, "message larger than max (11 vs. 10 bytes)"))
        #expect(try peer.next(.rstStream).resetCode == 0)
        try peer.expectSilence()
    }

    @Test("with a malformed time limit or an unknown encoding fails before its message comes")
    func badHead() throws {
        let peer = try CallFixture().greetedPeer()
        try peer.call("/test.Calls/Echo", on: 1, extra: [("grpc-timeout", "soon")])
        #expect(
            try peer.nextHeaders(endStream: true) == trailersOnly(13, "malformed grpc-timeout"))
        #expect(try peer.next(.rstStream).resetCode == 0)
        try peer.call("/test.Calls/Echo", on: 3, [], extra: [("grpc-encoding", "snappy")])
        #expect(
            try peer.nextHeaders(endStream: true)
                == trailersOnly(
                    12, "this grpc-encoding is unknown; use identity or gzip", unimplemented))
        try peer.expectSilence()
    }

    @Test("Many calls in one segment are all answered, each on its own stream")
    func burst() throws {
        var configuration = ServerConfiguration.patient
        configuration.settings.maxConcurrentStreams = 200
        let peer = try CallFixture(configuration: configuration).greetedPeer()
        var bytes: [UInt8] = []
        for index in 0..<200 {
            let id = Int32(2 * index + 1)
            bytes += Frame.headers(id, ScriptedPeer.callFields("/test.Calls/Echo")).bytes
            bytes += Frame.data(id, prefixed([UInt8(index)]), endStream: true).bytes
        }
        try peer.send(bytes)
        var answers: [Int32: [UInt8]] = [:]
        var ends = 0
        while ends < 200 {
            let frame = try #require(try peer.next())
            if frame.isA(.data) { answers[frame.streamID, default: []] += frame.payload }
            if frame.isA(.headers), frame.endsStream { ends += 1 }
        }
        for index in 0..<200 { #expect(answers[Int32(2 * index + 1)] == prefixed([UInt8(index)])) }
    }

    @Test("Requests that wait for their rest are held up to the connection's limit")
    func heldBytes() throws {
        var configuration = ServerConfiguration.patient
        configuration.capacity.maxRequestBytesPerConnection = 100
        let peer = try CallFixture(configuration: configuration).greetedPeer()
        let part = [0, 0, 0, 0, 200] + [UInt8](repeating: 1, count: 55)
        for id: Int32 in [1, 3] {
            try peer.call("/test.Calls/Echo", on: id)
            try peer.send(.data(id, part))
        }
        #expect(
            try peer.nextHeaders(endStream: true)
                == trailersOnly(8, "too many request bytes are waiting on this connection"))
        #expect(try peer.next(.rstStream) == .reset(3, code: 0))
        // The first one is given up, and makes room, however it ends.
        try peer.send(.reset(1))
        for id: Int32 in [5, 7, 9] {
            try peer.call("/test.Calls/Echo", on: id, extra: [("grpc-timeout", "10m")])
            try peer.send(.data(id, part))
            #expect(
                try peer.nextHeaders(endStream: true) == trailersOnly(4, "the deadline has passed"))
            #expect(try peer.next(.rstStream) == .reset(id, code: 0))
        }
    }
}

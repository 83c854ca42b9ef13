// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCTransport
import HTTP2Wire
import Logging
import SystemIO
import TestSupport
import Testing

@Suite("Peers that break the rules")
struct BrokenPeerTests {
    /// The server still answers others.
    private func expectServing(_ fixture: CallFixture) throws {
        let peer = try fixture.greetedPeer()
        try peer.call("/test.Calls/Echo", on: 1, [1])
        #expect(try peer.nextAnswer().message == [1])
    }

    @Test(
        "What is neither HTTP/2 nor HTTP/1.x is dropped without a word",
        arguments: [
            "\u{16}GET", "INVALID CONNECTION PREFACE\r\n\r\n", "PRIX",
        ])
    func garbage(_ text: String) throws {
        let fixture = try CallFixture()
        let peer = try ScriptedPeer(to: fixture.server.address)
        try peer.send(Array(text.utf8))
        #expect(try peer.bytesUntilEnd().isEmpty)
        try expectServing(fixture)
    }

    @Test(
        "A client that speaks TLS is told so in plaintext, however much it has sent",
        arguments: [0, 50_000])
    func tlsClient(_ more: Int) throws {
        let fixture = try CallFixture()
        let peer = try ScriptedPeer(to: fixture.server.address)
        try peer.send([0x16, 3, 1, 2, 0] + [UInt8](repeating: 1, count: more))
        let text = String(decoding: try peer.bytesUntilEnd(), as: UTF8.self)
        #expect(text.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        #expect(text.hasSuffix("\r\n\r\nthis port speaks plaintext HTTP: TLS was sent to it\n"))
        #expect(fixture.server.server.drops.count(of: .notHTTP) == 1)
        try expectServing(fixture)
    }

    @Test("A preface that is broken off ends the connection with its reason")
    func brokenPreface() throws {
        let fixture = try CallFixture()
        let peer = try ScriptedPeer(to: fixture.server.address)
        try peer.send(Array("PRI * HTTP/2.0\r\n\r\nXX".utf8))
        #expect(try peer.framesUntilEnd().last?.goAway?.code == 1)
        try expectServing(fixture)
    }

    @Test("Half a preface is waited for, and its end is the end")
    func halfPreface() throws {
        let fixture = try CallFixture()
        let peer = try ScriptedPeer(to: fixture.server.address)
        try peer.send(Array(Frame.preface.prefix(12)))
        try expectServing(fixture)
        peer.shutdownSending()
        try peer.waitForEnd()
    }

    @Test("A connection that ends at any byte leaves nothing behind")
    func abruptEnds() throws {
        let fixture = try CallFixture()
        let fields = ScriptedPeer.callFields("/test.Calls/Stream")
        let bytes =
            Frame.preface + Frame.settings().bytes + Frame.headers(1, fields).bytes
            + Frame.data(1, prefixed([]), endStream: true).bytes
        for count in stride(from: 0, through: bytes.count, by: 7) {
            let peer = try ScriptedPeer(to: fixture.server.address)
            try peer.send(Array(bytes.prefix(count)))
        }
        try ScriptedPeer(to: fixture.server.address).send(bytes)
        #expect(fixture.sources.next() != nil && fixture.ended.next() != nil)
        try expectServing(fixture)
    }

    @Test("DATA on a stream that was never opened ends the connection with its reason")
    func idleStream() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        try peer.send(.data(5, [1]))
        #expect(try peer.next(.goAway).goAway?.code == 1)
        #expect(try peer.nextOfAnyKind() == nil)
    }

    @Test("A frame that is too large ends the connection with its reason")
    func frameSize() throws {
        let peer = try CallFixture().greetedPeer()
        try peer.send(Frame(.ping, [1, 2, 3]))
        #expect(try peer.next(.goAway).goAway?.code == 6)
        #expect(try peer.nextOfAnyKind() == nil)
    }

    @Test("A request without its pseudo-header fields is reset, and no other")
    func malformedRequest() throws {
        let peer = try CallFixture().greetedPeer()
        try peer.send(.headers(1, [(":method", "POST"), ("Bad", "x")], endStream: true))
        #expect(try peer.next(.rstStream) == .reset(1, code: 1))
        try peer.call("/test.Calls/Echo", on: 3, [3])
        #expect(try peer.nextAnswer().message == [3])
    }

    @Test("A body that is not as long as it said is reset")
    func contentLength() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        try peer.call("/test.Calls/Echo", on: 1, [1], extra: [("content-length", "7")])
        #expect(try peer.next(.rstStream) == .reset(1, code: 1))
        try peer.expectSilence()
    }

    @Test("A stream below an earlier one ends its connection with the reason")
    func lowerStream() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        try peer.call("/test.Calls/Echo", on: 5, [5])
        #expect(try peer.nextAnswer().message == [5])
        try peer.call("/test.Calls/Echo", on: 3, [3])
        let goAway = try peer.next(.goAway)
        #expect(goAway.goAway?.lastStreamID == 5 && goAway.goAway?.code == 1)
        #expect(
            String(decoding: goAway.payload[8...], as: UTF8.self)
                == "HEADERS: stream_id is lower than an earlier one")
        try peer.waitForEnd()
        try expectServing(fixture)
    }

    @Test("A stream above the limit that the client knows ends its connection with the reason")
    func streamLimit() throws {
        var configuration = ServerConfiguration.patient
        configuration.settings.maxConcurrentStreams = 2
        let fixture = try CallFixture(configuration: configuration)
        let peer = try fixture.greetedPeer()
        for id: Int32 in [1, 3] {
            _ = try fixture.openStream(peer, on: id)
            _ = try peer.nextHeaders(endStream: false)
        }
        try peer.send(.reset(1))
        #expect(fixture.ended.next() != nil)
        try peer.call("/test.Calls/Echo", on: 5, [5])
        #expect(try peer.nextAnswer().message == [5])
        _ = try fixture.openStream(peer, on: 7)
        _ = try peer.nextHeaders(endStream: false)
        try peer.call("/test.Calls/Echo", on: 9, [9])
        #expect(try peer.next(.goAway).goAway?.code == 1)
        for _ in 0..<2 { #expect(fixture.ended.next() != nil) }
    }

    @Test("A flood of PINGs ends its connection")
    func pingFlood() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        try peer.send((0..<3000).flatMap { Frame.ping($0).bytes })
        try peer.waitForEnd()
        try expectServing(fixture)
    }

    @Test("A flood of resets ends its connection")
    func resetFlood() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        let fields = ScriptedPeer.callFields("/test.Calls/Stream")
        var bytes: [UInt8] = []
        for index in 0..<3000 {
            let id = Int32(2 * index + 1)
            bytes += Frame.headers(id, fields).bytes + Frame.reset(id).bytes
        }
        try? peer.send(bytes)
        try peer.waitForEnd()
        try expectServing(fixture)
    }

    @Test("A second server at the same port is refused", arguments: [1, 3])
    func portInUse(_ loops: Int) throws {
        for others in [1, 2] {
            let fixture = try CallFixture(loops: loops)
            let error = #expect(throws: SystemCallError.self) {
                _ = try TestServer([], loops: others, at: fixture.server.address)
            }
            #expect(error?.errno == .addressInUse)
            try expectServing(fixture)
        }
    }

    @Test("A stream that is reset in the read that breaks the connection is cleaned up")
    func resetInTheLastRead() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        _ = try fixture.openStream(peer)
        _ = try peer.nextHeaders(endStream: false)
        // A long field for HPACK's table (RFC 7541, 6.2.1), then a block that names it again and again.
        var field = HeaderLiterals.encode([("x", String(repeating: "y", count: 4000))])
        field[0] = 0x40
        let fields = HeaderLiterals.encode(ScriptedPeer.callFields("/test.Calls/Echo")) + field
        try peer.send(Frame(.headers, flags: 5, streamID: 3, fields))
        #expect(try peer.nextHeaders(endStream: true).contains("grpc-status: 12"))
        let block = [UInt8](repeating: 0xbe, count: 500)
        try peer.send(.reset(1), Frame(.headers, flags: 5, streamID: 5, block))
        #expect(fixture.ended.next() != nil)
        #expect(try peer.framesUntilEnd().last?.goAway != nil)
        try expectServing(fixture)
    }

    @Test("A Unix socket is served like any other address")
    func unixSocket() throws {
        let name = "@vitals-test-\(UInt64.random(in: .min ... .max))"
        let address = try #require(SocketAddress(unixPath: name))
        let service = TestService { table, _ in
            table.add("/test.Calls/Echo", .unary { message(Array($0)) })
        }
        let server = try TestServer([service], loops: 2, at: address)
        let peer = try server.greetedPeer()
        try peer.call("/test.Calls/Echo", on: 1, [1])
        #expect(try peer.nextAnswer().message == [1])
    }
}

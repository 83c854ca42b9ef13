// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import TestSupport
import Testing

@Suite("Answers that their clients do not take")
struct HeldAnswerTests {
    private func fixture() throws -> HTTPFixture {
        try HTTPFixture { $0.capacity.maxHeldBytes = 1 << 20 }
    }

    private func get(_ path: String, on stream: Int32) -> Frame {
        .headers(
            stream,
            [(":method", "GET"), (":scheme", "http"), (":path", path), (":authority", "x")],
            endStream: true)
    }

    @Test("What the source of a stream has ready is counted, until it has it no more")
    func counted() throws {
        let fixture = try fixture()
        let counters = fixture.server.server.counters
        let peer = try fixture.server.greetedPeer()
        try peer.send(get("/stream", on: 1))
        let source = try #require(fixture.sources.next())
        let other = try fixture.peer()
        try other.send(Array("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        let second = try #require(fixture.sources.next())
        source.hold(300_000)
        second.hold(200_000)
        #expect(eventually { counters.heldBytes == 500_000 })
        source.hold(0)
        second.hold(0)
        #expect(eventually { counters.heldBytes == 0 })
        source.hold(1000)
        #expect(eventually { counters.heldBytes == 1000 })
        try peer.send(.reset(1))
        #expect(eventually { counters.heldBytes == 0 })
    }

    @Test("Beyond the limit a stream of HTTP/2 is reset, and a connection of HTTP/1.1 ends")
    func ended() throws {
        let fixture = try fixture()
        let counters = fixture.server.server.counters
        let peer = try fixture.server.greetedPeer()
        try peer.send(get("/stream", on: 1))
        let source = try #require(fixture.sources.next())
        _ = try peer.nextHeaders(endStream: false)
        source.hold(2 << 20)
        #expect(try peer.next(.rstStream).streamID == 1)
        #expect(source.endings.next() != nil)
        #expect(eventually { counters.heldBytes == 0 })
        let other = try fixture.peer()
        try other.send(Array("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        let second = try #require(fixture.sources.next())
        second.hold(2 << 20)
        _ = try other.bytesUntilEnd()
        #expect(second.endings.next() != nil)
        #expect(eventually { counters.heldBytes == 0 })
    }

    @Test("A client without room for answers gets no more of them, and small ones are still given")
    func noRoom() throws {
        let fixture = try fixture()
        let peer = try fixture.server.greetedPeer(settings: [(4, 0)])
        try peer.send(get("/large", on: 1))
        #expect(try peer.nextHeaders(endStream: false).contains(":status: 503"))
        try peer.send(get("/ok", on: 3))
        #expect(try peer.nextHeaders(endStream: false).contains(":status: 200"))
        #expect(fixture.server.server.counters.heldBytes < 1000)
        try peer.send(.windowUpdate(3, by: 100))
        #expect(String(decoding: try peer.next(.data).payload, as: UTF8.self) == "ok\n")
    }
}

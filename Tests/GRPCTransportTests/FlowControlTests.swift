// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCTransport
import GRPCWire
import TestSupport
import Testing

@Suite("A client that takes little")
struct FlowControlTests {
    @Test("without a window gets its answer when it opens one")
    func zeroWindow() throws {
        let peer = try CallFixture().greetedPeer(settings: [(4, 0)])
        try peer.call("/test.Calls/Echo", on: 1, [1, 2, 3])
        _ = try peer.nextHeaders(endStream: false)
        try peer.expectSilence()
        try peer.send(.windowUpdate(1, by: 100))
        #expect(try peer.nextMessage() == [1, 2, 3])
        #expect(try peer.nextHeaders(endStream: true) == ["grpc-status: 0"])
    }

    @Test("with windows of one byte gets it byte by byte")
    func oneByte() throws {
        let peer = try CallFixture().greetedPeer(settings: [(4, 0)])
        try peer.call("/test.Calls/Echo", on: 1, [1, 2, 3])
        _ = try peer.nextHeaders(endStream: false)
        for byte in prefixed([1, 2, 3]) {
            try peer.send(.windowUpdate(1, by: 1))
            #expect(try peer.next(.data).payload == [byte])
        }
        #expect(try peer.nextHeaders(endStream: true) == ["grpc-status: 0"])
    }

    @Test("may change its mind about windows while answers wait")
    func changedSettings() throws {
        let peer = try CallFixture().greetedPeer(settings: [(4, 0)])
        try peer.call("/test.Calls/Echo", on: 1, [1])
        try peer.call("/test.Calls/Echo", on: 3, [2])
        for _ in 0..<2 { _ = try peer.nextHeaders(endStream: false) }
        try peer.send(.settings([(4, 50)]))
        #expect(try peer.next(.settings) == .settingsAcknowledgement)
        #expect(try peer.nextMessage() == [1])
        #expect(try peer.nextHeaders(endStream: true) == ["grpc-status: 0"])
        #expect(try peer.nextMessage() == [2])
    }

    @Test("gets trailers at once that come after a message which has filled its window")
    func trailersNeedNoWindow() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer(settings: [(4, 6)])
        for (id, code) in [(1, 0), (3, 14)] {
            let source = try fixture.openStream(peer, on: Int32(id))
            _ = try peer.nextHeaders(endStream: false)
            source.put([1])
            #expect(try peer.nextMessage() == [1])
            try peer.expectSilence()
            source.loop.post {
                source.value.end(code == 0 ? .ok : Status(.unavailable, ""))
            }
            #expect(try peer.nextHeaders(endStream: true) == ["grpc-status: \(code)"])
            try peer.expectSilence()
        }
    }

    @Test("gets them without any window at all")
    func trailersWithoutWindow() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer(settings: [(4, 0)])
        let source = try fixture.openStream(peer)
        _ = try peer.nextHeaders(endStream: false)
        source.loop.post { source.value.end(.ok) }
        #expect(try peer.nextHeaders(endStream: true) == ["grpc-status: 0"])
        try peer.expectSilence()
    }

    @Test("and has left a message gets a reset in place of the end")
    func endBehindMessage() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer(settings: [(4, 6)])
        let source = try fixture.openStream(peer)
        _ = try peer.nextHeaders(endStream: false)
        source.put([1], [2])
        #expect(try peer.nextMessage() == [1])
        source.loop.post { source.value.end(.ok) }
        #expect(try peer.next(.rstStream) == .reset(1, code: 8))
        try peer.expectSilence()
    }

    @Test("is told of its deadline, which needs no window either")
    func deadlineWithoutWindow() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer(settings: [(4, 6)])
        let source = try fixture.openStream(peer, extra: [("grpc-timeout", "300m")])
        _ = try peer.nextHeaders(endStream: false)
        source.put([1])
        #expect(try peer.nextMessage() == [1])
        let trailers = ["grpc-status: 4", "grpc-message: the deadline has passed"]
        #expect(try peer.nextHeaders(endStream: true) == trailers)
        try peer.expectSilence()
    }

    @Test("gets an answer without content at once")
    func emptyBody() throws {
        let peer = try CallFixture().greetedPeer(settings: [(4, 0)])
        let fields = [
            (":method", "HEAD"), (":scheme", "http"), (":path", "/"), (":authority", "x"),
        ]
        try peer.send(.headers(1, fields, endStream: true))
        #expect(try peer.nextHeaders(endStream: true).first == ":status: 415")
        try peer.expectSilence()
    }

    @Test("gets a large answer whole, as far as its windows go")
    func largeAnswer() throws {
        let peer = try CallFixture().greetedPeer()
        try peer.call("/test.Calls/Large", on: 1, [])
        _ = try peer.nextHeaders(endStream: false)
        var size = 0
        while size < 5 + (1 << 20) {
            let data = try peer.next(.data)
            size += data.payload.count
            try peer.send(.windowUpdate(0, by: UInt32(data.payload.count)))
            try peer.send(.windowUpdate(1, by: UInt32(data.payload.count)))
        }
        #expect(size == 5 + (1 << 20))
        #expect(try peer.nextHeaders(endStream: true) == ["grpc-status: 0"])
    }

    @Test("that never reads is no longer read from, and others of its loop are served")
    func neverReads() throws {
        let fixture = try CallFixture()
        let settings: [(id: UInt16, value: UInt32)] = [(4, 0x7fff_ffff)]
        let peer = try fixture.greetedPeer(settings: settings, receiveBuffer: 4096)
        try peer.send(.windowUpdate(0, by: 0x7fff_0000))
        for index in 0..<50 { try peer.call("/test.Calls/Large", on: Int32(2 * index + 1), []) }
        // Frames of a kind that nobody knows; the server would read them for ever.
        var filler = Frame(.data, [UInt8](repeating: 0, count: 16_384))
        filler.kind = 0xfa
        var sent = 0
        while sent < 256 << 20, try peer.trySend(filler.bytes) { sent += filler.bytes.count }
        #expect(sent < 64 << 20)
        let other = try fixture.greetedPeer()
        try other.call("/test.Calls/Echo", on: 1, [1])
        #expect(try other.nextAnswer().message == [1])
    }

    @Test("and reads late gets everything in order")
    func readsLate() throws {
        let fixture = try CallFixture()
        let settings: [(id: UInt16, value: UInt32)] = [(4, 0x7fff_ffff)]
        let peer = try fixture.greetedPeer(settings: settings, receiveBuffer: 4096)
        try peer.send(.windowUpdate(0, by: 0x7fff_0000))
        for index in 0..<10 { try peer.call("/test.Calls/Large", on: Int32(2 * index + 1), []) }
        let other = try fixture.greetedPeer()
        try other.call("/test.Calls/Echo", on: 1, [1])
        #expect(try other.nextAnswer().message == [1])
        var (sizes, ends) = ([Int32: Int](), 0)
        while ends < 10 {
            let frame = try #require(try peer.next())
            if frame.isA(.data) {
                #expect(frame.payload.suffix(100).allSatisfy { $0 == 7 })
                sizes[frame.streamID, default: 0] += frame.payload.count
            } else if frame.endsStream {
                ends += 1
            }
        }
        #expect(sizes.values.allSatisfy { $0 == 5 + (1 << 20) } && sizes.count == 10)
    }
}

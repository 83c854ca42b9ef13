// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCTransport
import GRPCWire
import TestSupport
import Testing

@Suite("A server-streaming call")
struct StreamingCallTests {
    @Test("carries messages as they come, and ends with its status")
    func messages() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        let source = try fixture.openStream(peer)
        _ = try peer.nextHeaders(endStream: false)
        try peer.expectSilence()
        source.put([1])
        #expect(try peer.nextMessage() == [1])
        source.put([2], [3])
        #expect(try peer.next(.data).payload == prefixed([2]) + prefixed([3]))
        source.end(Status(.outOfRange, "enough"), after: [4])
        #expect(try peer.nextMessage() == [4])
        #expect(
            try peer.nextHeaders(endStream: true) == ["grpc-status: 11", "grpc-message: enough"])
        #expect(fixture.ended.next() != nil)
        try peer.expectSilence()
        #expect(fixture.ended.count == 0)
    }

    @Test("is asked until it has nothing, and then not before it is woken")
    func resting() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        let source = try fixture.openStream(peer)
        _ = try peer.nextHeaders(endStream: false)
        source.put([1])
        #expect(try peer.nextMessage() == [1])
        // At the start, for the message, and once more.
        #expect(try source.asked == 3)
        source.putLatest([2])
        #expect(try peer.nextMessage() == [2])
        #expect(try source.asked == 4)
        // Frames that have the session send do not have it asked.
        try peer.expectSilence()
        #expect(try source.asked == 4)
        source.putLatest([3])
        #expect(try peer.nextMessage() == [3])
        source.end(after: [4])
        #expect(try peer.nextMessage() == [4])
        #expect(try peer.nextHeaders(endStream: true) == ["grpc-status: 0"])
        #expect(fixture.ended.next() != nil)
    }

    @Test("sees its request")
    func request() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        try peer.call("/test.Calls/Stream", on: 1, [5, 6])
        let source = try #require(fixture.sources.next())
        let request = Mailbox<[UInt8]>()
        source.loop.post { request.put(source.value.request) }
        #expect(request.next() == [5, 6])
    }

    @Test("that its handler refuses has its status in one block")
    func refused() throws {
        let peer = try CallFixture().greetedPeer()
        try peer.call("/test.Calls/FailStream", on: 1, [], extra: [("grpc-timeout", "1H")])
        #expect(try peer.nextHeaders(endStream: true) == trailersOnly(10, "no"))
        try peer.expectSilence()
    }

    @Test("that the client resets is over, once")
    func reset() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        let source = try fixture.openStream(peer)
        try peer.send(.reset(1))
        #expect(fixture.ended.next() != nil)
        // What it is told later goes nowhere.
        source.put([1])
        source.end()
        _ = try peer.nextHeaders(endStream: false)
        try peer.expectSilence()
        #expect(fixture.ended.count == 0)
    }

    @Test("of a connection that ends is over, once")
    func connectionEnd() throws {
        let fixture = try CallFixture()
        var peer: ScriptedPeer? = try fixture.greetedPeer()
        let sources = try [1, 3, 5].map { try fixture.openStream(peer!, on: $0) }
        peer = nil
        for _ in sources { #expect(fixture.ended.next() != nil) }
        for source in sources { source.put([1]) }
        let other = try fixture.greetedPeer()
        try other.expectSilence()
        #expect(fixture.ended.count == 0)
    }

    @Test("that outlives its deadline ends with DEADLINE_EXCEEDED")
    func deadline() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        let source = try fixture.openStream(peer, extra: [("grpc-timeout", "200m")])
        _ = try peer.nextHeaders(endStream: false)
        source.put([1])
        #expect(try peer.nextMessage() == [1])
        #expect(
            try peer.nextHeaders(endStream: true) == [
                "grpc-status: 4", "grpc-message: the deadline has passed",
            ])
        #expect(fixture.ended.next() != nil)
        try peer.expectSilence()
        #expect(fixture.ended.count == 0)
    }

    @Test("counts its deadline from its own headers, however long the server has slept")
    func deadlineAfterSleep() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        try peer.expectSilence()
        // The deadline of the first call lets the loop sleep for as long as the second one's limit.
        _ = try fixture.openStream(peer, on: 1, extra: [("grpc-timeout", "150m")])
        _ = try peer.nextHeaders(endStream: false)
        _ = try peer.nextHeaders(endStream: true)
        let idle = Mailbox<Void>()
        fixture.server.group.loops[0].post { idle.put(()) }
        _ = idle.next()
        let other = try fixture.openStream(peer, on: 3, extra: [("grpc-timeout", "10S")])
        _ = try peer.nextHeaders(endStream: false)
        other.put([1])
        #expect(try peer.nextMessage() == [1])
        other.end()
        #expect(try peer.nextHeaders(endStream: true) == ["grpc-status: 0"])
    }

    @Test("with a deadline of no time at all ends at once")
    func noTime() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        try peer.call("/test.Calls/Stream", on: 1, [], extra: [("grpc-timeout", "0n")])
        #expect(fixture.ended.next() != nil)
        var frames: [Frame] = []
        repeat { frames.append(try #require(try peer.next())) } while !frames.last!.endsStream
        #expect(frames.allSatisfy { $0.isA(.headers) })
    }

    @Test("of a client without a window ends at its deadline")
    func blockedDeadline() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer(settings: [(4, 0)])
        let source = try fixture.openStream(peer, extra: [("grpc-timeout", "100m")])
        _ = try peer.nextHeaders(endStream: false)
        source.put([1])
        #expect(try peer.nextHeaders(endStream: true).first == "grpc-status: 4")
        #expect(fixture.ended.next() != nil)
    }

    @Test("that must end does not wait for a client without a window", arguments: [0, 3])
    func wakeToEnd(_ window: UInt32) throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer(settings: [(4, window)])
        let source = try fixture.openStream(peer)
        _ = try peer.nextHeaders(endStream: false)
        source.put([1])
        if window > 0 { #expect(try peer.next(.data).payload.count == Int(window)) }
        try peer.expectSilence()
        source.loop.post { source.value.end(.ok) }
        #expect(try peer.next(.rstStream) == .reset(1, code: 8))
        #expect(fixture.ended.next() != nil)
    }

    @Test("whose last message fits only in part is cut off as well")
    func partialEnd() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer(settings: [(4, 3)])
        let source = try fixture.openStream(peer)
        _ = try peer.nextHeaders(endStream: false)
        source.loop.post {
            source.value.put([.message(message([1]))])
            source.value.end(.ok)
        }
        #expect(try peer.next(.data).payload.count == 3)
        #expect(try peer.next(.rstStream) == .reset(1, code: 8))
        #expect(fixture.ended.next() != nil)
    }

    @Test("A client that can take all gets the last message and the end")
    func wakeToEndOpen() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        let source = try fixture.openStream(peer)
        _ = try peer.nextHeaders(endStream: false)
        source.loop.post {
            source.value.put([.message(message([1]))])
            source.value.end(.ok)
        }
        #expect(try peer.nextMessage() == [1])
        #expect(try peer.nextHeaders(endStream: true) == ["grpc-status: 0"])
    }
}

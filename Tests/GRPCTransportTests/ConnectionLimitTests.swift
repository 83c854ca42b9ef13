// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCTransport
import GRPCWire
import HTTP2Wire
import SystemIO
import TestSupport
import Testing

@Suite("Limits of a connection, on the wire")
struct ConnectionLimitTests {
    private func fixture(_ change: (inout ServerConfiguration) -> Void) throws -> CallFixture {
        var configuration = ServerConfiguration.patient
        change(&configuration)
        return try CallFixture(configuration: configuration)
    }

    private func expectDropped(
        _ fixture: CallFixture, _ reason: DropReason, _ count: Int = 1
    ) {
        let drops = fixture.server.server.drops
        #expect(eventually { drops.count(of: reason) == count })
    }

    @Test("A client that says nothing, or half a preface, is closed at the limit")
    func silent() throws {
        let fixture = try fixture { $0.timeouts.handshake = .milliseconds(50) }
        let peers = try ["", "P", "PRI * HT"].map { text in
            let peer = try ScriptedPeer(to: fixture.server.address)
            try peer.send(Array(text.utf8))
            return peer
        }
        for peer in peers { try peer.waitForEnd() }
        expectDropped(fixture, .handshakeTimeout, 3)
    }

    @Test("A client without SETTINGS is told, and dropped")
    func noSettings() throws {
        let fixture = try fixture { $0.timeouts.handshake = .milliseconds(50) }
        let peer = try ScriptedPeer(to: fixture.server.address)
        try peer.send(Frame.preface)
        #expect(try peer.framesUntilEnd().last?.goAway?.code == 4)
        expectDropped(fixture, .handshakeTimeout)
    }

    @Test("A header block that is not ended ends its connection")
    func slowHeaders() throws {
        let fixture = try fixture { $0.timeouts.header = .milliseconds(50) }
        let peer = try fixture.greetedPeer()
        var frame = Frame.headers(1, ScriptedPeer.callFields("/test.Calls/Echo"))
        frame.flags = 0
        try peer.send(frame)
        #expect(try peer.framesUntilEnd().last?.goAway?.code == 11)
        expectDropped(fixture, .slowHeaders)
    }

    @Test("A request that is not ended ends by itself, and alone")
    func slowBody() throws {
        let fixture = try fixture { $0.timeouts.request = .milliseconds(50) }
        let peer = try fixture.greetedPeer()
        try peer.call("/test.Calls/Echo", on: 1)
        try peer.send(.data(1, [0, 0, 0, 0, 9, 1]))
        let fields = try peer.nextHeaders(endStream: true)
        #expect(fields.contains("grpc-status: 4"))
        #expect(try peer.next(.rstStream) == .reset(1, code: 0))
        try peer.call("/test.Calls/Echo", on: 3, [3])
        #expect(try peer.nextAnswer().message == [3])
    }

    @Test("An HTTP request that is no gRPC and not ended is answered all the same")
    func slowRejection() throws {
        let fixture = try fixture { $0.timeouts.request = .milliseconds(50) }
        let peer = try fixture.greetedPeer()
        try peer.send(
            .headers(
                1,
                [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "test")],
                endStream: false))
        #expect(try peer.nextHeaders(endStream: false).contains(":status: 415"))
        #expect(try peer.next(.data).endsStream)
        #expect(try peer.next(.rstStream) == .reset(1, code: 0))
    }

    @Test("Header fields that are too large are answered with 431, though the request does not end")
    func slowLargeHeaders() throws {
        let fixture = try fixture { $0.timeouts.request = .milliseconds(50) }
        let peer = try fixture.greetedPeer()
        let large = ["x-1", "x-2"].map { ($0, String(repeating: "x", count: 8100)) }
        try peer.send(.headers(1, ScriptedPeer.callFields("/test.Calls/Echo") + large))
        #expect(try peer.nextHeaders(endStream: false).contains(":status: 431"))
        #expect(try peer.next(.data).endsStream)
        #expect(try peer.next(.rstStream) == .reset(1, code: 0))
    }

    @Test(
        "A client that opens no window for its answer loses the call, and many such calls the connection"
    )
    func zeroWindow() throws {
        let fixture = try fixture {
            $0.timeouts.write = .milliseconds(50)
            $0.abuse.frameBudget = 120
            $0.abuse.frameBudgetPerSecond = 0
        }
        let peer = try fixture.greetedPeer(settings: [(4, 0)])
        for id: Int32 in [1, 3] {
            try peer.call("/test.Calls/Echo", on: id, [1])
            _ = try peer.nextHeaders(endStream: false)
            #expect(try peer.next(.rstStream) == .reset(id, code: 8))
        }
        try peer.call("/test.Calls/Echo", on: 5, [1])
        _ = try peer.nextHeaders(endStream: false)
        #expect(try peer.framesUntilEnd().last?.goAway?.code == 11)
        expectDropped(fixture, .stalled)
    }

    @Test("Windows of one byte at a time are no progress")
    func oneByteWindow() throws {
        let fixture = try fixture {
            // Long enough for the first byte on a busy machine.
            $0.timeouts.write = .seconds(1)
            $0.abuse.frameBudget = 1_000_000
        }
        let peer = try fixture.greetedPeer(settings: [(4, 0)])
        try peer.call("/test.Calls/Large", on: 1, [])
        _ = try peer.nextHeaders(endStream: false)
        var kinds = 0
        while true {
            try peer.send(.windowUpdate(1, by: 1))
            let frame = try #require(try peer.next())
            if frame.isA(.data) { kinds += 1 }
            if frame == .reset(1, code: 8) { break }
        }
        #expect(kinds > 0)
    }

    @Test("PINGs without end, and others of that kind, end their connection with the reason")
    func flood() throws {
        let floods: [(DropReason, UInt32, [UInt8])] = [
            (.tooManyPings, 11, Frame.ping(1).bytes),
            (.flood, 11, Frame.windowUpdate(0, by: 1).bytes),
            (.flood, 11, Frame(.priority, streamID: 1, [0, 0, 0, 0, 1]).bytes),
            (.flood, 11, Frame.settings().bytes),
        ]
        for (reason, code, frame) in floods {
            let fixture = try fixture {
                $0.abuse.frameBudget = 50
                $0.abuse.minPingInterval = reason == .tooManyPings ? .seconds(10) : .zero
            }
            let peer = try fixture.greetedPeer()
            try peer.send((0..<(reason == .tooManyPings ? 10 : 60)).flatMap { _ in frame })
            #expect(try peer.framesUntilEnd().last?.goAway?.code == code)
            expectDropped(fixture, reason)
        }
    }

    @Test("Errors that a client provokes in its calls are charged for, too")
    func provokedResets() throws {
        let fixture = try fixture {
            $0.abuse.frameBudget = 100
            $0.abuse.frameBudgetPerSecond = 0
        }
        let peer = try fixture.greetedPeer()
        var end: (lastStreamID: UInt32, code: UInt32)?
        for index in 0..<20 where end == nil {
            let id = Int32(2 * index + 1)
            try peer.send(
                Frame.headers(id, ScriptedPeer.callFields("/test.Calls/Stream")).bytes
                    + Frame.windowUpdate(id, by: 0x7fff_ffff).bytes)
            // One after the other: what is sent in one go is judged by what comes after its resets.
            var frame = try peer.next()
            while let other = frame, !other.isA(.rstStream), !other.isA(.goAway) {
                frame = try peer.next()
            }
            end = frame?.goAway
        }
        #expect(end?.code == 11)
        expectDropped(fixture, .flood)
    }

    @Test("A call that is reset for a rule that its client broke is counted by that rule, once")
    func brokenRules() throws {
        let fixture = try fixture { _ in }
        let peer = try fixture.greetedPeer()
        let fields = ScriptedPeer.callFields("/test.Calls/Echo")
        let cases: [(BrokenRule, [Frame])] = [
            (.malformedRequest, [.headers(1, fields.filter { $0.0 != ":authority" })]),
            (.malformedField, [.headers(3, fields + [(":late", "x")])]),
            (.malformedField, [.headers(5, fields + [("x-text", "a\u{1}")])]),
            (
                .malformedRequest,
                [
                    .headers(7, fields + [("content-length", "9")]),
                    .data(7, [0, 0, 0, 0, 0], endStream: true),
                ]
            ),
            (.flowControl, [.headers(9, fields), .windowUpdate(9, by: 0x7fff_ffff)]),
        ]
        for (_, frames) in cases {
            try peer.send(frames.flatMap(\.bytes))
            while let frame = try peer.next(), !frame.isA(.rstStream) {}
        }
        let resets = fixture.server.server.resets
        for rule in BrokenRule.allCases {
            let expected = cases.count { $0.0 == rule }
            #expect(eventually { resets.count(of: rule) == expected }, "\(rule)")
        }
    }

    @Test("A Watch whose client takes nothing stays while there is nothing to tell")
    func quietStream() throws {
        let fixture = try fixture { $0.timeouts.write = .milliseconds(50) }
        let peer = try fixture.greetedPeer(settings: [(4, 6)])
        let source = try fixture.openStream(peer)
        _ = try peer.nextHeaders(endStream: false)
        source.put([1])
        #expect(try peer.nextMessage() == [1])
        let looks = MonotonicTime.now() + .milliseconds(150)
        #expect(eventually { MonotonicTime.now() > looks })
        try peer.expectSilence()
        source.put([2])
        #expect(try peer.next(.rstStream) == .reset(1, code: 8))
    }

    @Test("A client that does not read its socket is dropped, with all it had us hold")
    func unreadSocket() throws {
        let fixture = try fixture { $0.timeouts.write = .milliseconds(100) }
        let peer = try fixture.greetedPeer(
            settings: [(4, 1 << 24)], receiveBuffer: 4096)
        try peer.send(.windowUpdate(0, by: 1 << 30))
        for id in stride(from: Int32(1), to: 60, by: 2) {
            try peer.call("/test.Calls/Large", on: id, [])
        }
        let server = fixture.server.server
        expectDropped(fixture, .stalled)
        #expect(eventually { server.counters.heldBytes == 0 && server.counters.connections == 0 })
    }

    @Test("All that clients have us hold together has a limit")
    func heldBytes() throws {
        let fixture = try fixture { $0.capacity.maxHeldBytes = 10_000 }
        let peers = try (0..<3).map { _ in try fixture.greetedPeer() }
        let half = [0, 0, 0, 0x20, 0] + [UInt8](repeating: 1, count: 4000)
        for peer in peers[..<2] {
            try peer.call("/test.Calls/Echo", on: 1)
            try peer.send(.data(1, half))
        }
        let counters = fixture.server.server.counters
        #expect(eventually { counters.heldBytes == 2 * half.count })
        try peers[2].call("/test.Calls/Echo", on: 1)
        try peers[2].send(.data(1, half))
        let fields = try peers[2].nextHeaders(endStream: true)
        #expect(fields.contains("grpc-status: 8"))
        #expect(eventually { counters.heldBytes == 2 * half.count })
    }

    @Test("An idle client is asked to leave in two steps")
    func idle() throws {
        let fixture = try fixture { $0.timeouts.idle = .milliseconds(50) }
        let peer = try fixture.greetedPeer()
        #expect(try peer.next(.goAway).goAway?.lastStreamID == 0x7fff_ffff)
        var answer = try peer.next(.ping)
        answer.flags = Frame.acknowledgement
        try peer.send(answer)
        #expect(try peer.next(.goAway).goAway?.lastStreamID == 0)
        #expect(try peer.nextOfAnyKind() == nil)
    }

    @Test("An old client is asked to leave, its calls get their time, and no more")
    func age() throws {
        let fixture = try fixture {
            $0.timeouts.maxAge = .milliseconds(50)
            // Long enough for a call to begin and to answer on a busy machine.
            $0.timeouts.maxAgeGrace = .seconds(2)
        }
        let peer = try fixture.greetedPeer()
        let source = try fixture.openStream(peer)
        _ = try peer.nextHeaders(endStream: false)
        #expect(try peer.next(.goAway).goAway?.lastStreamID == 0x7fff_ffff)
        source.put([1])
        let frames = try peer.framesUntilEnd()
        #expect(frames.contains { $0.isA(.data) })
        #expect(frames.last?.goAway?.code == 0)
        #expect(fixture.ended.next() != nil)
        expectDropped(fixture, .overdue)
    }

    @Test("A client with a call that answers no PING is dropped; one that does stays")
    func keepalive() throws {
        let fixture = try fixture {
            $0.timeouts.keepaliveInterval = .milliseconds(50)
            // Long enough for an answer of a busy machine.
            $0.timeouts.keepalive = .seconds(2)
        }
        let peer = try fixture.greetedPeer()
        _ = try fixture.openStream(peer)
        _ = try peer.nextHeaders(endStream: false)
        for _ in 0..<3 {
            var ping = try peer.next(.ping)
            #expect(ping.flags == 0)
            ping.flags = Frame.acknowledgement
            try peer.send(ping)
        }
        _ = try peer.next(.ping)
        _ = try peer.framesUntilEnd()
        expectDropped(fixture, .unresponsive)
    }

    @Test("One connection too many has the longest idle one closed; without one it is refused")
    func connections() throws {
        let fixture = try fixture {
            $0.capacity.maxConnections = 2
            $0.capacity.reservedConnections = 0
        }
        let idle = try fixture.greetedPeer()
        try idle.call("/test.Calls/Echo", on: 1, [1])
        #expect(try idle.nextAnswer().message == [1])
        let busy = try fixture.greetedPeer()
        _ = try fixture.openStream(busy)
        _ = try busy.nextHeaders(endStream: false)
        let third = try fixture.greetedPeer()
        #expect(try idle.framesUntilEnd().last?.goAway?.code == 0)
        expectDropped(fixture, .evicted)
        _ = try fixture.openStream(third)
        _ = try third.nextHeaders(endStream: false)
        let fourth = try ScriptedPeer(to: fixture.server.address)
        try fourth.waitForEnd()
        expectDropped(fixture, .tooManyConnections)
        try third.call("/test.Calls/Echo", on: 3, [3])
        #expect(try third.nextAnswer().message == [3])
    }

    @Test(
        "One connection too many has one closed that is idle on another loop; without one it is refused"
    )
    func connectionsOfOtherLoops() throws {
        var configuration = ServerConfiguration.patient
        configuration.capacity.maxConnections = 1
        configuration.capacity.reservedConnections = 0
        let fixture = try CallFixture(loops: 4, configuration: configuration)
        let drops = fixture.server.server.drops
        // The kernel chooses the loops: most of these come to another one than the one before.
        var peer = try fixture.greetedPeer()
        for _ in 0..<20 {
            let next = try fixture.greetedPeer()
            #expect(try peer.framesUntilEnd().last?.goAway?.code == 0)
            peer = next
        }
        #expect(drops.count(of: .evicted) == 20 && drops.count(of: .tooManyConnections) == 0)
        _ = try fixture.openStream(peer)
        _ = try peer.nextHeaders(endStream: false)
        for _ in 0..<8 { try ScriptedPeer(to: fixture.server.address).waitForEnd() }
        expectDropped(fixture, .tooManyConnections, 8)
        #expect(fixture.server.server.counters.connections == 1)
    }

    @Test("Streaming calls have a limit for each connection, and one for all")
    func streamingCalls() throws {
        let fixture = try fixture {
            $0.capacity.maxStreamingCallsPerConnection = 2
            $0.capacity.maxStreamingCalls = 3
        }
        let peers = try (0..<2).map { _ in try fixture.greetedPeer() }
        for (peer, id) in [(0, 1), (0, 3), (1, 1)] {
            _ = try fixture.openStream(peers[peer], on: Int32(id))
            _ = try peers[peer].nextHeaders(endStream: false)
        }
        for (peer, id) in [(0, 5), (1, 3)] {
            try peers[peer].call("/test.Calls/Stream", on: Int32(id), [])
            let fields = try peers[peer].nextHeaders(endStream: true)
            #expect(fields.contains("grpc-status: 8"))
        }
        try peers[0].send(.reset(1))
        #expect(fixture.ended.next() != nil)
        _ = try fixture.openStream(peers[1], on: 5)
        _ = try peers[1].nextHeaders(endStream: false)
    }
}

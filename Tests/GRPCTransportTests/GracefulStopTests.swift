// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import SystemIO
import TestSupport
import Testing

@Suite("A graceful stop")
struct GracefulStopTests {
    private let ping = 0x6472_6169_6e69_6e67 as UInt64

    /// Begins to stop, and gives what is told at the end of it.
    private func stop(_ fixture: CallFixture, within limit: Duration = .seconds(60)) -> Mailbox<
        Void
    > {
        let done = Mailbox<Void>()
        fixture.server.server.stop(within: limit) { _ in done.put(()) }
        return done
    }

    /// The first step: GOAWAY that refuses nothing yet, then a PING.
    private func expectNotice(_ peer: ScriptedPeer) throws -> Frame {
        let notice = try peer.next(.goAway).goAway
        #expect(notice?.lastStreamID == 0x7fff_ffff && notice?.code == 0)
        var answer = try peer.next(.ping)
        #expect(answer.flags == 0)
        answer.flags = Frame.acknowledgement
        return answer
    }

    @Test("asks an idle client to leave in two steps, and closes")
    func idle() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        let done = stop(fixture)
        try peer.send(try expectNotice(peer))
        let final = try peer.next(.goAway).goAway
        #expect(final?.lastStreamID == 0 && final?.code == 0)
        #expect(try peer.nextOfAnyKind() == nil)
        #expect(done.next() != nil)
    }

    @Test("serves what is under way and what was on its way, and nothing later")
    func openStreams() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        let source = try fixture.openStream(peer, on: 1)
        _ = try peer.nextHeaders(endStream: false)
        let done = stop(fixture)
        let acknowledgement = try expectNotice(peer)
        try peer.call("/test.Calls/Echo", on: 3, [3])
        #expect(try peer.nextAnswer().message == [3])
        try peer.send(acknowledgement)
        #expect(try peer.next(.goAway).goAway?.lastStreamID == 3)
        try peer.call("/test.Calls/Echo", on: 5, [5])
        source.put([1])
        #expect(try peer.nextMessage() == [1])
        #expect(done.count == 0)
        source.end()
        #expect(try peer.nextHeaders(endStream: true) == ["grpc-status: 0"])
        #expect(try peer.nextOfAnyKind() == nil)
        #expect(done.next() != nil)
    }

    @Test("lets an asynchronous call finish")
    func asyncCall() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        try peer.call("/test.Calls/Wait", on: 1, [1])
        #expect(fixture.begun.next() != nil)
        let done = stop(fixture)
        try peer.send(try expectNotice(peer))
        #expect(try peer.next(.goAway).goAway?.lastStreamID == 1)
        fixture.gate.open()
        #expect(try peer.nextAnswer().message == [1])
        #expect(try peer.nextOfAnyKind() == nil)
        #expect(done.next() != nil && fixture.cancellations.next() == false)
    }

    @Test("does not wait for ever for the answer to its PING")
    func silentClient() throws {
        var configuration = ServerConfiguration.patient
        configuration.timeouts.goAwayGrace = .milliseconds(30)
        let fixture = try CallFixture(configuration: configuration)
        let peer = try fixture.greetedPeer()
        let done = stop(fixture)
        _ = try expectNotice(peer)
        #expect(try peer.next(.goAway).goAway?.lastStreamID == 0)
        #expect(try peer.nextOfAnyKind() == nil)
        #expect(done.next() != nil)
    }

    @Test("waits for a client that is slow to take a large answer, and loses nothing of it")
    func slowReader() throws {
        var configuration = ServerConfiguration.patient
        configuration.timeouts.goAwayGrace = .milliseconds(30)
        let fixture = try CallFixture(configuration: configuration)
        let peer = try fixture.greetedPeer(settings: [(4, 0x7fff_ffff)], receiveBuffer: 4096)
        try peer.send(.windowUpdate(0, by: 0x7fff_0000))
        for index in 0..<12 { try peer.call("/test.Calls/Large", on: Int32(2 * index + 1), []) }
        _ = try peer.nextHeaders(endStream: false)
        let done = stop(fixture)
        let counters = fixture.server.server.counters
        // The grace is over long before: some of it is with the kernel, and some with the server.
        let later = MonotonicTime.now() + .milliseconds(200)
        #expect(eventually { MonotonicTime.now() > later })
        var (size, ends, lastStreamID) = (0, 0, UInt32(0))
        while let frame = try peer.next() {
            if let goAway = frame.goAway { lastStreamID = goAway.lastStreamID }
            if frame.isA(.data) {
                size += frame.payload.count
                // To a socket that is closed, a reason for a reset.
                try? peer.send(.windowUpdate(0, by: 1))
            } else if frame.isA(.headers), frame.endsStream {
                ends += 1
            }
        }
        // Those that the server had not come to read are not served, and the client knows it.
        let calls = (Int(lastStreamID) + 1) / 2
        #expect(calls > 1 && ends == calls)
        #expect(size == calls * (5 + (1 << 20)))
        #expect(done.next() != nil && counters.connections == 0)
    }

    @Test("cuts off what is left at its limit")
    func limit() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        _ = try fixture.openStream(peer)
        try peer.call("/test.Calls/Wait", on: 3, [1])
        #expect(fixture.begun.next() != nil)
        let done = stop(fixture, within: .milliseconds(50))
        #expect(done.next() != nil)
        #expect(fixture.ended.next() != nil && fixture.cancellations.next() == true)
        try peer.waitForEnd()
        #expect(fixture.ended.count == 0)
    }

    @Test("cuts off clients that have said nothing yet")
    func strangers() throws {
        var configuration = ServerConfiguration.patient
        configuration.timeouts.goAwayGrace = .milliseconds(30)
        let fixture = try CallFixture(configuration: configuration)
        let silent = try ScriptedPeer(to: fixture.server.address)
        let halfway = try ScriptedPeer(to: fixture.server.address)
        try halfway.send(Array(Frame.preface.prefix(10)))
        let done = stop(fixture)
        #expect(done.next() != nil)
        try silent.waitForEnd()
        try halfway.waitForEnd()
    }

    @Test("takes no more connections")
    func noMoreConnections() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        let done = stop(fixture)
        let acknowledgement = try expectNotice(peer)
        #expect(throws: SystemCallError("connect", .connectionRefused)) {
            _ = try ScriptedPeer(to: fixture.server.address)
        }
        try peer.send(acknowledgement)
        #expect(done.next() != nil)
    }

    @Test("of several loops is done when each of them is")
    func severalLoops() throws {
        let fixture = try CallFixture(loops: 3)
        let peers = try (0..<12).map { _ in try fixture.greetedPeer() }
        let done = stop(fixture)
        for peer in peers {
            try peer.send(try expectNotice(peer))
            #expect(try peer.framesUntilEnd().count == 1)
        }
        #expect(done.next() != nil)
    }

    @Test("that is asked for twice tells both who asked")
    func twice() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        let source = try fixture.openStream(peer)
        let first = stop(fixture)
        let second = stop(fixture, within: .zero)
        #expect(second.next() != nil)
        #expect(first.next() != nil)
        withExtendedLifetime(source) {}
    }

    @Test("of a server without clients is done at once")
    func noClients() throws {
        let done = stop(try CallFixture(loops: 2))
        #expect(done.next() != nil)
    }
}

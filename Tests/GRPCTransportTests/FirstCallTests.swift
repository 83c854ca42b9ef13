// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import TestSupport
import Testing

@Suite("The first call of clients that find no place")
struct FirstCallTests {
    /// A server with one place, which a streaming call keeps.
    private func fullFixture(
        reserved: Int = 2
    ) throws -> (fixture: CallFixture, holder: ScriptedPeer) {
        var configuration = ServerConfiguration.patient
        configuration.capacity.maxConnections = 1
        configuration.capacity.reservedConnections = reserved
        let fixture = try CallFixture(configuration: configuration)
        let holder = try fixture.greetedPeer()
        _ = try fixture.openStream(holder)
        _ = try holder.nextHeaders(endStream: false)
        return (fixture, holder)
    }

    @Test("is answered when it is short, and refused when it would last")
    func short() throws {
        let (fixture, holder) = try fullFixture()
        let peer = try fixture.greetedPeer()
        try peer.call("/test.Calls/Echo", on: 1, [1])
        #expect(try peer.nextAnswer().message == [1])
        for (id, method): (Int32, String) in [(3, "Stream"), (5, "Wait")] {
            try peer.call("/test.Calls/\(method)", on: id, [])
            #expect(try peer.nextHeaders(endStream: true).contains("grpc-status: 8"))
        }
        let counters = fixture.server.server.counters
        #expect(counters.connections == 1 && counters.streamingCalls == 1)
        withExtendedLifetime(holder) {}
    }

    @Test("may last as soon as there is a place, on the same connection")
    func settles() throws {
        let (fixture, holder) = try fullFixture()
        let peer = try fixture.greetedPeer()
        try peer.call("/test.Calls/Stream", on: 1, [])
        #expect(try peer.nextHeaders(endStream: true).contains("grpc-status: 8"))
        try holder.send(Frame(.goAway, [UInt8](repeating: 0, count: 8)))
        try holder.send(.reset(1))
        let counters = fixture.server.server.counters
        #expect(eventually { counters.connections == 0 })
        _ = try fixture.openStream(peer, on: 3)
        _ = try peer.nextHeaders(endStream: false)
        #expect(counters.connections == 1 && counters.streamingCalls == 1)
    }

    @Test("has the place of the longest that is there for one, silent or not")
    func oldest() throws {
        let (fixture, holder) = try fullFixture()
        let silent = try ScriptedPeer(to: fixture.server.address)
        let slow = try fixture.greetedPeer()
        try slow.call("/test.Calls/Echo", on: 1)
        try slow.send(.data(1, [0, 0, 0]))
        try slow.expectSilence()
        let third = try fixture.greetedPeer()
        try silent.waitForEnd()
        let fourth = try fixture.greetedPeer()
        #expect(try slow.framesUntilEnd().last?.goAway?.code == 0)
        for peer in [third, fourth] {
            try peer.call("/test.Calls/Echo", on: 1, [1])
            #expect(try peer.nextAnswer().message == [1])
        }
        try holder.expectSilence()
        #expect(fixture.server.server.drops.count(of: .tooManyConnections) == 2)
    }

    @Test("A peer takes no more than its share, and then only places of its own idle connections")
    func share() throws {
        var configuration = ServerConfiguration.patient
        configuration.capacity.maxConnections = 20
        configuration.capacity.maxPeerShare = 50
        configuration.capacity.reservedConnections = 0
        let fixture = try CallFixture(configuration: configuration)
        let (counters, drops) = (fixture.server.server.counters, fixture.server.server.drops)
        let peers = try (0..<10).map { _ in
            let peer = try fixture.greetedPeer()
            _ = try fixture.openStream(peer)
            _ = try peer.nextHeaders(endStream: false)
            return peer
        }
        #expect(counters.connections == 10)
        try ScriptedPeer(to: fixture.server.address).waitForEnd()
        try peers[3].send(.reset(1))
        #expect(fixture.ended.next() != nil)
        let next = try fixture.greetedPeer()
        #expect(try peers[3].framesUntilEnd().last?.goAway?.code == 0)
        try next.expectSilence()
        #expect(drops.count(of: .evicted) == 1 && drops.count(of: .tooManyConnections) == 1)
        #expect(counters.connections == 10)
    }

    @Test("A peer takes no more streaming calls than its share")
    func streamingShare() throws {
        var configuration = ServerConfiguration.patient
        configuration.capacity.maxStreamingCalls = 4
        configuration.capacity.maxPeerShare = 50
        let fixture = try CallFixture(configuration: configuration)
        let peers = try (0..<2).map { _ in try fixture.greetedPeer() }
        for peer in peers {
            _ = try fixture.openStream(peer)
            _ = try peer.nextHeaders(endStream: false)
        }
        try peers[0].call("/test.Calls/Stream", on: 3, [])
        let fields = try peers[0].nextHeaders(endStream: true)
        #expect(fields.contains("grpc-status: 8"))
        #expect(fields.contains { $0.contains("this address has its share") })
        try peers[1].send(.reset(1))
        #expect(fixture.ended.next() != nil)
        _ = try fixture.openStream(peers[0], on: 5)
        _ = try peers[0].nextHeaders(endStream: false)
    }
}

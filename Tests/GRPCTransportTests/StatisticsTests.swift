// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCTransport
import GRPCWire
import TestSupport
import Testing

@Suite("The statistics of a server")
struct StatisticsTests {
    /// What the server of a fixture has counted.
    private func statistics(of server: TestServer) throws -> ServerStatistics {
        let mailbox = Mailbox<ServerStatistics>()
        server.server.statistics { mailbox.put($0) }
        return try #require(mailbox.next())
    }

    /// Counts of one method in one line: started, open, messages in and out, and OK, CANCELLED and other ends.
    private func line(_ path: StaticString, _ statistics: ServerStatistics) throws -> String {
        let method = try #require(statistics[path])
        let codes = (0..<18).compactMap { (code: UInt32) -> String? in
            let count = method.ended(with: StatusCode(rawValue: code))
            return count > 0 ? "\(code):\(count)" : nil
        }
        return "\(method.started) \(method.open) \(method.messagesReceived) "
            + "\(method.messagesSent) " + codes.joined(separator: ",")
    }

    @Test("have unary calls by their codes, those of unknown methods too")
    func unary() throws {
        let fixture = try CallFixture(loops: 2)
        let peers = try (0..<4).map { _ in try fixture.greetedPeer() }
        for peer in peers {
            for id: Int32 in [1, 3] {
                try peer.call("/test.Calls/Echo", on: id, [1])
                _ = try peer.nextAnswer()
            }
            for (id, path) in [(5, "/test.Calls/Fail"), (7, "/x.Y/Z")] as [(Int32, String)] {
                try peer.call(path, on: id, [])
                _ = try peer.nextHeaders(endStream: true)
            }
            // Its message is cut off.
            try peer.call("/test.Calls/Echo", on: 9)
            try peer.send(.data(9, [0, 0], endStream: true))
            _ = try peer.nextHeaders(endStream: true)
        }
        let statistics = try statistics(of: fixture.server)
        #expect(try line("/test.Calls/Echo", statistics) == "12 0 8 8 0:8,13:4")
        #expect(try line("/test.Calls/Fail", statistics) == "4 0 4 0 10:4")
        #expect(try line("", statistics) == "4 0 0 0 12:4")
        #expect(try line("/test.Calls/Wait", statistics) == "0 0 0 0 ")
        #expect(statistics["/x.Y/Z"] == nil)
        #expect(statistics.methods.last?.path.description == "")
    }

    @Test("have what is under way, and how it ended")
    func streams() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        let sources = try [1, 3, 5].map { try fixture.openStream(peer, on: $0) }
        for _ in sources { _ = try peer.nextHeaders(endStream: false) }
        sources[0].put([1], [2])
        _ = try peer.next(.data)
        #expect(
            try line("/test.Calls/Stream", statistics(of: fixture.server)) == "3 3 3 2 ")
        sources[0].end(Status(.dataLoss, ""))
        _ = try peer.nextHeaders(endStream: true)
        try peer.send(.reset(3))
        // A call whose data never comes, and is given up.
        try peer.call("/test.Calls/Echo", on: 7)
        try peer.expectSilence()
        #expect(try line("/test.Calls/Echo", statistics(of: fixture.server)) == "1 1 0 0 ")
        try peer.send(.reset(7))
        try peer.expectSilence()
        let later = try statistics(of: fixture.server)
        #expect(try line("/test.Calls/Stream", later) == "3 1 3 2 1:1,15:1")
        #expect(try line("/test.Calls/Echo", later) == "1 0 0 0 1:1")
    }

    @Test("have the messages of asynchronous handlers")
    func asynchronous() throws {
        let fixture = try StreamFixture()
        let peer = try fixture.greetedPeer()
        try peer.call("/test.Streams/Sum", on: 1)
        try peer.send(.data(1, prefixed([1]) + prefixed([2]), endStream: true))
        _ = try peer.nextAnswer()
        try peer.call("/test.Streams/Echo", on: 3)
        try peer.send(.data(3, prefixed([1])))
        _ = try peer.nextHeaders(endStream: false)
        _ = try peer.nextMessage()
        try peer.call("/test.Streams/Sum", on: 5, extra: [("grpc-timeout", "20m")])
        _ = try peer.nextHeaders(endStream: true)
        _ = try peer.next(.rstStream)
        let statistics = try statistics(of: fixture.server)
        #expect(try line("/test.Streams/Sum", statistics) == "2 0 2 1 0:1,4:1")
        #expect(try line("/test.Streams/Echo", statistics) == "1 1 1 1 ")
    }

    @Test("have a latency for each call that has ended, and the shapes of methods")
    func latencies() throws {
        let fixture = try CallFixture(loops: 2)
        let peer = try fixture.greetedPeer()
        for id: Int32 in [1, 3, 5] {
            try peer.call("/test.Calls/Echo", on: id, [1])
            _ = try peer.nextAnswer()
        }
        let source = try fixture.openStream(peer, on: 7)
        _ = try peer.nextHeaders(endStream: false)
        source.end()
        _ = try peer.nextHeaders(endStream: true)
        let statistics = try statistics(of: fixture.server)
        #expect(statistics["/test.Calls/Echo"]?.times.count == 3)
        #expect(statistics["/test.Calls/Stream"]?.times.count == 1)
        #expect(statistics["/test.Calls/Wait"]?.times.count == 0)
        #expect(statistics["/test.Calls/Echo"]?.shape == .unary)
        #expect(statistics["/test.Calls/Stream"]?.shape == .serverStreaming)
        #expect(statistics.ticks.count > 0)
        #expect(statistics.certificateExpiry == nil)
    }

    @Test("have connections and bytes, and who called, by the first user agent of a connection")
    func traffic() throws {
        let fixture = try CallFixture()
        var peer: ScriptedPeer? = try fixture.greetedPeer()
        try peer?.call("/test.Calls/Echo", on: 1, [1], extra: [("user-agent", "kube-probe/1.31")])
        _ = try peer?.nextAnswer()
        try peer?.call("/test.Calls/Echo", on: 3, [1], extra: [("user-agent", "curl/8")])
        _ = try peer?.nextAnswer()
        let silent = try fixture.greetedPeer()
        let traffic = try statistics(of: fixture.server).traffic
        #expect(traffic.accepted == 2)
        #expect(traffic.http2.open == 2)
        #expect(traffic.http1.opened == 0)
        #expect(traffic[.kubelet].connections == 1)
        #expect(traffic[.other].connections == 0)
        #expect(traffic.bytesReceived > 100)
        #expect(traffic.bytesSent > 50)
        withExtendedLifetime(silent) {}
        peer = nil
        // Its requests are counted when it leaves, at the latest.
        #expect(
            eventually {
                let traffic = try? statistics(of: fixture.server).traffic
                return traffic?[.kubelet].requests == 2 && traffic?.http2.closed == 1
            })
    }

    @Test("can be waited for")
    func awaited() async throws {
        let fixture = try CallFixture(loops: 2)
        #expect(await fixture.server.server.statistics().methods.count > 5)
    }
}

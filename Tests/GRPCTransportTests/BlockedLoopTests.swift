// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import GRPCWire
import SystemIO
import TestSupport
import Testing

@Suite("A loop that is held by a slow handler")
struct BlockedLoopTests {
    /// Its service holds the loop of the client that asks for it.
    private struct Fixture {
        let isHeld = Mailbox<Void>()
        let release = Mailbox<Void>()
        let server: TestServer

        init(loops: Int = 1, _ change: (inout ServerConfiguration) -> Void = { _ in }) throws {
            var configuration = ServerConfiguration.patient
            change(&configuration)
            let service = TestService { [isHeld, release] table, loop in
                let name = withUnsafeBytes(of: ObjectIdentifier(loop)) { Array($0) }
                table.add("/test.Calls/Loop", .unary { _ in message(name) })
                table.add(
                    "/test.Calls/Echo", maxRequestSize: MessageReader.defaultMaxMessageSize,
                    .unary { message(Array($0)) })
                table.add(
                    "/test.Calls/Hold",
                    .unary { _ in
                        isHeld.put(())
                        _ = release.next()
                        return message([])
                    })
                table.add(
                    "/test.Calls/Compute",
                    .asyncUnary { _, _ in
                        isHeld.put(())
                        _ = release.next()
                        return message([])
                    })
                table.add(
                    "/test.Calls/Wait",
                    .asyncUnary { _, _ in
                        await Gate().wait()
                        return message([])
                    })
            }
            server = try TestServer([service], loops: loops, configuration: configuration)
        }

        /// Holds the loop of a client for so long, while `body` does what clients do.
        func hold(_ peer: ScriptedPeer, for time: Duration, _ body: () throws -> Void) throws {
            try peer.call("/test.Calls/Hold", on: 101, [])
            _ = isHeld.next()
            let end = MonotonicTime.now() + time
            defer { release.put(()) }
            try body()
            end.sleep()
        }
    }

    @Test("The clients of other loops are answered meanwhile, its own when it goes on")
    func others() throws {
        let fixture = try Fixture(loops: 2)
        let holder = try fixture.server.greetedPeer()
        // The kernel gives each connection to a loop by its numbers: of sixteen each has some.
        let peers = try (0..<16).map { _ in try fixture.server.greetedPeer() }
        let held = try loop(of: holder)
        let (own, others) = try peers.reduce(into: ([ScriptedPeer](), [ScriptedPeer]())) {
            if try loop(of: $1) == held { $0.0.append($1) } else { $0.1.append($1) }
        }
        #expect(!own.isEmpty && !others.isEmpty)
        try fixture.hold(holder, for: .zero) {
            for peer in peers { try peer.call("/test.Calls/Echo", on: 3, [7]) }
            for peer in others { #expect(try peer.nextAnswer().message == [7]) }
        }
        #expect(try holder.nextAnswer().message == [])
        for peer in own { #expect(try peer.nextAnswer().message == [7]) }
    }

    private func loop(of peer: ScriptedPeer) throws -> [UInt8] {
        try peer.call("/test.Calls/Loop", on: 1, [])
        return try peer.nextAnswer().message
    }

    @Test("What clients said meanwhile is heard before their silence is judged")
    func silence() throws {
        let limit = Duration.seconds(5)
        let fixture = try Fixture { $0.timeouts.handshake = limit }
        let holder = try fixture.server.greetedPeer()
        // More than a loop reads in one tick.
        let peers = try (0..<300).map { _ in try ScriptedPeer(to: fixture.server.address) }
        let server = fixture.server.server
        #expect(eventually { server.counters.connections == 1 + peers.count })
        try fixture.hold(holder, for: limit) {
            for peer in peers {
                try peer.send(Frame.preface + Frame.settings().bytes)
                try peer.call("/test.Calls/Echo", on: 1, [7])
            }
        }
        for peer in peers {
            _ = try peer.next(.settings)
            _ = try peer.next(.settings)
            #expect(try peer.nextAnswer().message == [7])
        }
        #expect(server.drops.count(of: .handshakeTimeout) == 0)
    }

    @Test(
        "A handler that computes holds no loop: of 40 clients that come meanwhile each is answered")
    func computing() throws {
        let fixture = try Fixture()
        let busy = try fixture.server.greetedPeer()
        try busy.call("/test.Calls/Compute", on: 1, [])
        #expect(fixture.isHeld.next() != nil)
        defer { fixture.release.put(()) }
        for _ in 0..<40 {
            let peer = try fixture.server.greetedPeer()
            try peer.call("/test.Calls/Echo", on: 1, [7])
            #expect(try peer.nextAnswer().message == [7])
        }
    }

    @Test("A deadline that passed meanwhile is honoured")
    func deadline() throws {
        let fixture = try Fixture()
        let peer = try fixture.server.greetedPeer()
        let holder = try fixture.server.greetedPeer()
        try peer.call("/test.Calls/Wait", on: 1, [], extra: [("grpc-timeout", "50m")])
        try fixture.hold(holder, for: .milliseconds(200)) {}
        let fields = try peer.nextHeaders(endStream: true)
        #expect(fields.contains("grpc-status: 4"))
        _ = try holder.nextAnswer()
    }
}

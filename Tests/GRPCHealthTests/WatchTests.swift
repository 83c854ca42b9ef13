// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCHealth
import GRPCTransport
import HealthProtocol
import TestSupport
import Testing

@Suite("Watch")
struct WatchTests {
    @Test("tells the status at once, and each change once")
    func changes() throws {
        let fixture = try HealthFixture()
        let peer = try fixture.peer()
        try peer.watch("", on: 1)
        #expect(try peer.nextStatus() == .serving)
        for status in [ServingStatus.notServing, .serving, .unknown] {
            fixture.reporter.set(status, for: "")
            #expect(try peer.nextStatus() == status)
            fixture.reporter.set(status, for: "")
            fixture.reporter.set(.serving, for: "other")
            try peer.expectSilence()
        }
    }

    @Test("tells nothing of a change that was taken back before it could be told")
    func takenBack() throws {
        let fixture = try HealthFixture()
        let peer = try fixture.peer()
        try peer.watch("", on: 1)
        #expect(try peer.nextStatus() == .serving)
        let done = Mailbox<Void>()
        // From the loop itself, so that both changes come in one turn.
        fixture.server.group.loops[0].post { [reporter = fixture.reporter] in
            reporter.set(.notServing, for: "")
            reporter.set(.serving, for: "")
            done.put(())
        }
        #expect(done.next() != nil)
        try peer.expectSilence()
    }

    @Test("of an unknown name waits for it, and for its going and coming back")
    func unknown() throws {
        let fixture = try HealthFixture()
        let peer = try fixture.peer()
        try peer.watch("later", on: 1)
        #expect(try peer.nextStatus() == .serviceUnknown)
        fixture.reporter.set(.serving, for: "later")
        #expect(try peer.nextStatus() == .serving)
        fixture.reporter.clear("later")
        #expect(try peer.nextStatus() == .serviceUnknown)
        fixture.reporter.set(.notServing, for: "later")
        #expect(try peer.nextStatus() == .notServing)
    }

    @Test("of a client that takes nothing costs one status: the newest one")
    func stalled() throws {
        let fixture = try HealthFixture()
        let peer = try fixture.peer(settings: [(4, 0)])
        try peer.watch("", on: 1)
        for _ in 0..<500 {
            fixture.reporter.set(.notServing, for: "")
            fixture.reporter.set(.serving, for: "")
        }
        fixture.reporter.set(.notServing, for: "")
        try peer.expectSilence()
        try peer.send(.windowUpdate(1, by: 100))
        #expect(try peer.nextStatus() == .notServing)
        try peer.expectSilence()
    }

    @Test("of a client that stopped within a message goes on with the newest after it")
    func stalledWithin() throws {
        let fixture = try HealthFixture()
        let peer = try fixture.peer(settings: [(4, 3)])
        try peer.watch("", on: 1)
        #expect(try peer.next(.data).payload == [0, 0, 0])
        for status in [ServingStatus.unknown, .serving, .unknown, .notServing] {
            fixture.reporter.set(status, for: "")
        }
        try peer.expectSilence()
        try peer.send(.windowUpdate(1, by: 100))
        #expect(try peer.next(.data).payload == [0, 2, 0x08, 1] + prefixed([0x08, 2]))
        try peer.expectSilence()
    }

    @Test("A name that is too long to keep is refused")
    func longName() throws {
        let peer = try HealthFixture().peer()
        let name = String(repeating: "x", count: 4093)
        try peer.watch(name, on: 1)
        #expect(try peer.nextStatus() == .serviceUnknown)
        try peer.call("/grpc.health.v1.Health/Watch", on: 3, request((name + "x").utf8))
        #expect(
            try peer.nextHeaders(endStream: true)
                == failure(8, "message larger than max (4097 vs. 4096 bytes)"))
    }

    @Test("Every watcher on every loop is told", arguments: [1, 2])
    func many(_ loops: Int) throws {
        let fixture = try HealthFixture(loops: loops)
        let peers = try (0..<10).map { _ in try fixture.peer() }
        for peer in peers {
            for index in 0..<20 {
                try peer.watch("", on: Int32(2 * index + 1))
                #expect(try peer.nextStatus() == .serving)
            }
        }
        for status in [ServingStatus.notServing, .serving] {
            fixture.reporter.set(status, for: "")
            for peer in peers {
                var told: Set<Int32> = []
                for _ in 0..<20 {
                    let frame = try peer.next(.data)
                    #expect(peer.status(Array(frame.payload.dropFirst(5))) == status)
                    told.insert(frame.streamID)
                }
                #expect(told.count == 20)
            }
        }
    }
}

@Suite("The end of a server's health")
struct HealthShutdownTests {
    @Test("A shutdown is told to watchers, later changes are not, and a resume puts all back")
    func shutdown() throws {
        let fixture = try HealthFixture()
        fixture.reporter.set(.unknown, for: "a")
        let (whole, part) = (try fixture.peer(), try fixture.peer())
        try whole.watch("", on: 1)
        try part.watch("a", on: 1)
        #expect(try whole.nextStatus() == .serving && part.nextStatus() == .unknown)
        fixture.reporter.shutdown()
        #expect(try whole.nextStatus() == .notServing && part.nextStatus() == .notServing)
        fixture.reporter.set(.serving, for: "a")
        fixture.reporter.clear("")
        try part.expectSilence()
        #expect(try part.check("a", on: 3) == .notServing)
        fixture.reporter.resume()
        #expect(try whole.nextStatus() == .serving && part.nextStatus() == .unknown)
    }

    @Test("The end of the watches ends each stream with OK, after its newest status")
    func endWatches() throws {
        let fixture = try HealthFixture()
        let peer = try fixture.peer()
        try peer.watch("", on: 1)
        #expect(try peer.nextStatus() == .serving)
        fixture.reporter.shutdown()
        fixture.reporter.endWatches()
        #expect(try peer.nextStatus() == .notServing)
        #expect(try peer.nextHeaders(endStream: true) == ["grpc-status: 0"])
        // Those that come later get their first status, and then the end.
        try peer.watch("x", on: 3)
        #expect(try peer.nextStatus() == .serviceUnknown)
        #expect(try peer.nextHeaders(endStream: true) == ["grpc-status: 0"])
        #expect(try peer.check("", on: 5) == .notServing)
    }

    @Test("A watcher that takes nothing is cut off", arguments: [0, 3, 6])
    func stalled(_ window: UInt32) throws {
        let fixture = try HealthFixture()
        let peer = try fixture.peer(settings: [(4, window)])
        try peer.watch("", on: 1)
        if window > 0 { #expect(try peer.next(.data).payload.count == Int(window)) }
        try peer.expectSilence()
        fixture.reporter.shutdown()
        fixture.reporter.endWatches()
        #expect(try peer.next(.rstStream) == .reset(1, code: 8))
        // A later Watch of such a client is not waited for, either.
        try peer.watch("", on: 3)
        if window > 0 { #expect(try peer.next(.data).payload.count == Int(window)) }
        #expect(try peer.next(.rstStream) == .reset(3, code: 8))
    }

    @Test("A graceful stop waits for no Watch")
    func gracefulStop() throws {
        let fixture = try HealthFixture(loops: 2)
        let peers = try (0..<4).map { _ in try fixture.peer() }
        for peer in peers {
            try peer.watch("", on: 1)
            #expect(try peer.nextStatus() == .serving)
        }
        fixture.reporter.shutdown()
        fixture.reporter.endWatches()
        let done = Mailbox<Void>()
        fixture.server.server.stop(within: .seconds(60)) { _ in done.put(()) }
        for peer in peers {
            // What it sends of the stop may come between.
            var told: [ServingStatus] = []
            var isEnded = false
            while let frame = try peer.next() {
                if frame.isA(.data) { told.append(peer.status(Array(frame.payload[5...]))) }
                if frame.isA(.headers), frame.endsStream { isEnded = true }
                if frame.isA(.ping) {
                    try peer.send(Frame(.ping, flags: Frame.acknowledgement, frame.payload))
                }
            }
            #expect(told == [.notServing] && isEnded)
        }
        #expect(done.next() != nil)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import EventLoops
import GRPCClient
import GRPCHealth
import GRPCTransport
import HealthProtocol
import StatusBoard
import Synchronization
import SystemIO
import TestSupport
import Testing

@testable import NetworkChecks

@Suite("Checks of gRPC servers by Watch")
struct GRPCWatchTests {
    private func check(_ port: UInt16, _ name: String = "up") throws -> GRPCCheck {
        try GRPCCheck("127.0.0.1:\(port)/\(name)", CheckOptions(["watch": ["true"]]))
    }

    /// A scheduler whose check runs of itself once an hour.
    private final class Scheduled {
        private let group: EventLoopGroup
        private let log = Log()
        private let scheduler: LoopBound<CheckScheduler>

        private final class Log: Sendable {
            let verdict = Mutex((CheckState.Verdict.starting, ""))
        }

        init(_ check: GRPCCheck) throws {
            group = try EventLoopGroup(count: 1)
            let (loop, log) = (group.loops[0], log)
            let holder = Mailbox<LoopBound<CheckScheduler>>()
            loop.post {
                let scheduler = CheckScheduler(on: loop) { checks in
                    for check in checks {
                        log.verdict.withLock { $0 = (check.state.verdict, check.state.cause) }
                    }
                }
                let timing = CheckTiming(
                    detectWithin: .milliseconds(500), interval: .seconds(3600), timeout: .seconds(5)
                )
                try? scheduler.add(
                    CheckDefinition("server", timing: timing),
                    check.makeRunner(CheckContext(on: loop)))
                holder.put(LoopBound(scheduler, on: loop))
            }
            scheduler = try #require(holder.next())
        }

        func becomes(_ state: Outcome.State, _ cause: String = "") -> Bool {
            eventually { [log] in
                let (verdict, found) = log.verdict.withLock { $0 }
                return verdict == .known(state) && found.hasPrefix(cause)
            }
        }

        func stop() {
            scheduler.loop.post { [scheduler] in scheduler.value.stop() }
            group.stop()
        }
    }

    @Test("A change is told when it happens: a name goes down, up, away, and comes again")
    func changes() throws {
        let reporter = HealthReporter()
        reporter.set(.serving, for: "up")
        let server = try TestServer([HealthService(reporter)])
        let scheduled = try Scheduled(check(try #require(server.address.port)))
        #expect(scheduled.becomes(.healthy))
        for _ in 0..<3 {
            reporter.set(.notServing, for: "up")
            #expect(scheduled.becomes(.unhealthy, "\"up\" is NOT_SERVING"))
            reporter.set(.serving, for: "up")
            #expect(scheduled.becomes(.healthy))
        }
        reporter.clear("up")
        #expect(scheduled.becomes(.unhealthy, "it does not know the health name"))
        reporter.set(.serving, for: "up")
        #expect(scheduled.becomes(.healthy))
        scheduled.stop()
    }

    @Test("A server that goes away is told when its connection breaks, not an hour later")
    func loss() throws {
        let reporter = HealthReporter()
        reporter.set(.serving, for: "up")
        var server: TestServer? = try TestServer([HealthService(reporter)])
        let scheduled = try Scheduled(check(try #require(server?.address.port)))
        #expect(scheduled.becomes(.healthy))
        // The connection has to have lasted for more than one run.
        reporter.set(.notServing, for: "up")
        #expect(scheduled.becomes(.unhealthy, "\"up\" is"))
        reporter.set(.serving, for: "up")
        #expect(scheduled.becomes(.healthy))
        server = nil
        #expect(scheduled.becomes(.unhealthy))
        scheduled.stop()
        _ = server
    }

    @Test("Runs share one connection, and leave no descriptor")
    func descriptors() throws {
        let reporter = HealthReporter()
        reporter.set(.serving, for: "up")
        let server = try TestServer([HealthService(reporter)])
        let check = try check(try #require(server.address.port))
        let run = try CheckRun()
        let results = run.results(of: check, runs: 1000, timeout: .seconds(5))
        #expect(results.count == 1000)
        #expect(results.allSatisfy { $0.state == .healthy && $0.details["watch"] == "yes" })
        #expect(eventually { server.server.counters.connections == 0 })
    }

    @Test("A server that floods the stream between runs is let go, and asked again by the next run")
    func flood() throws {
        let session = GRPCWatchSession("", .init(authority: "test"))
        _ = session.began(CheckConnection(), at: .now())
        // SETTINGS, then PING frames with 8 bytes each.
        var bytes: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
        let ping: [UInt8] = [0, 0, 8, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        var rounds = 0
        while rounds < 10_000 {
            let output = bytes.withUnsafeBytes { session.receivedBetweenRuns($0, at: .now()) }
            guard output != nil else { break }
            bytes = ping
            rounds += 1
        }
        #expect(rounds > 100)
        #expect(rounds < 5000)
    }

    @Test(
        "Garbage between runs closes the connection", arguments: ["HTTP/1.1 400 Bad\r\n\r\n", "x"])
    func garbage(text: String) throws {
        let session = GRPCWatchSession("", .init(authority: "test"))
        #expect(
            Array(text.utf8).withUnsafeBytes { session.receivedBetweenRuns($0, at: .now()) } == nil)
        _ = session.began(CheckConnection(), at: .now())
        let long = Array(repeating: text, count: 20).joined()
        #expect(
            Array(long.utf8).withUnsafeBytes { session.receivedBetweenRuns($0, at: .now()) } == nil)
        #expect(!session.takeNews())
        #expect(!session.isLossNews)
    }
}

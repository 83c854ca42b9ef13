// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCHealth
import HealthProtocol
import TestSupport
import Testing

@Suite("The reason of a status, for those who are told")
struct ReasonTests {
    private func trailers(
        _ audience: ReasonAudience, _ name: String = "", _ change: (HealthReporter) -> Void
    ) throws -> [String] {
        let reporter = HealthReporter()
        change(reporter)
        let service = HealthService(reporter, reasonAudience: audience)
        let server = try TestServer([service], loops: 1)
        let peer = try server.greetedPeer(settings: [])
        try peer.call("/grpc.health.v1.Health/Check", on: 1, request(name.utf8))
        return try peer.nextAnswer().trailers
    }

    @Test("Each reason is a trailer with its word", arguments: HealthReason.allCases)
    func words(_ reason: HealthReason) throws {
        let fields = try trailers(.all) { $0.set(.notServing, for: "", reason: reason) }
        #expect(fields == ["grpc-status: 0", "vitals-reason-code: \(reason.rawValue)"])
        #expect("\(reason.word)" == reason.rawValue)
    }

    @Test("Nobody is told by default, and with loopback those of this machine")
    func audience() throws {
        let change = { (reporter: HealthReporter) in
            reporter.set([(name: "a", status: ServingStatus.notServing, reason: .queue)])
        }
        #expect(try trailers(.none, "a", change) == ["grpc-status: 0"])
        let local = try trailers(.loopback, "a", change)
        #expect(local == ["grpc-status: 0", "vitals-reason-code: queue"])
    }

    @Test("SERVING has no reason, a stop is a drain, and what comes back has its own")
    func changes() throws {
        #expect(
            try trailers(.all) { $0.set(.serving, for: "", reason: .queue) } == ["grpc-status: 0"])
        let draining = ["grpc-status: 0", "vitals-reason-code: draining"]
        #expect(try trailers(.all) { $0.shutdown() } == draining)
        let resumed = try trailers(.all) { reporter in
            reporter.set(.notServing, for: "", reason: .queue)
            reporter.set(.notServing, for: "", reason: .maintenance)
            reporter.shutdown()
            reporter.resume()
        }
        #expect(resumed == ["grpc-status: 0", "vitals-reason-code: maintenance"])
    }

    @Test("A name that is not known, or has no reason, gets the usual trailers")
    func others() throws {
        #expect(
            try trailers(.all, "a") { $0.set(.notServing, for: "a") } == ["grpc-status: 0"])
    }
}

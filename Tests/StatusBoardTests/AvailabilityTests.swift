// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import Testing

@testable import StatusBoard

@Suite("Whether a process takes calls")
struct AvailabilityTests {
    private static let low = Outcome(.unhealthy, .lowMemory, reason: "12 MiB")

    private func board(_ names: [String]) -> Board {
        let rules: [String: VerdictRule] = [
            "readiness": .all([.outcome("memory"), .outcome(.draining)]), "": .outcome("files"),
            "startup": .outcome("startup"),
        ]
        return Board(
            rules: names.compactMap { name in rules[name].map { (name: name, rule: $0) } },
            outcomes: [
                "memory": .healthy, "files": .healthy, "startup": .healthy, .draining: .healthy,
            ])
    }

    @Test("Readiness decides; what has not started yet is not ready for another reason")
    func states() {
        let board = board(["readiness", "startup"])
        #expect(board.snapshot.availability == .available)
        board.report(Self.low, for: "files")
        #expect(board.snapshot.availability == .available)
        board.report(Self.low, for: "memory")
        #expect(board.snapshot.availability == .unavailable)
        board.report(Self.low, for: "startup")
        #expect(board.snapshot.availability == .starting)
    }

    @Test("A drain is told, also where another cause stands before it, and by a verdict alone")
    func drain() {
        let board = board(["readiness"])
        board.report(Self.low, for: "memory")
        board.report(.draining, for: .draining)
        #expect(board.snapshot.availability == .draining)
        let mirror = Board(rules: [("readiness", .outcome("server"))])
        mirror.report(.draining, for: "server")
        #expect(mirror.snapshot.availability == .draining)
    }

    @Test("Without a rule for readiness the whole server decides, and without that everything")
    func fallbacks() {
        let server = board([""])
        server.report(Self.low, for: "memory")
        #expect(server.snapshot.availability == .available)
        server.report(Self.low, for: "files")
        #expect(server.snapshot.availability == .unavailable)
        let all = board([])
        #expect(all.snapshot.availability == .available)
        all.report(Self.low, for: "memory")
        #expect(all.snapshot.availability == .unavailable)
        #expect(Board(rules: []).snapshot.availability == .unavailable)
    }
}

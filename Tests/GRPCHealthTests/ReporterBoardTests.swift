// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import StatusBoard
import Testing

@testable import GRPCHealth

@Suite("A reporter's board")
struct ReporterBoardTests {
    private let reporter = HealthReporter()

    private func isServing(_ board: Board) -> [Bool?] {
        ["readiness", "liveness", "startup"].map { board.snapshot.verdict(of: $0)?.isServing }
    }

    @Test("It starts with what there is, and follows; readiness is the whole server's")
    func following() {
        reporter.set(.notServing, for: "a", reason: .loading)
        let board = reporter.makeBoard()
        #expect(isServing(board) == [true, true, true])
        #expect(board.snapshot.outcome(of: "a") == Outcome(.unhealthy, .loading))
        reporter.set(.serving, for: "a")
        reporter.set(.notServing, for: "", reason: .queue)
        #expect(isServing(board) == [false, true, true])
        #expect(board.snapshot.outcome(of: "a") == .healthy)
        #expect(board.snapshot.outcome(of: "server")?.code == .queue)
        reporter.clear("a")
        #expect(board.snapshot.outcome(of: "a") == nil)
        reporter.clear("")
        #expect(board.snapshot.outcome(of: "server")?.state == .unknown)
    }

    @Test("Names of groups take part as soon as they are registered, and as long")
    func groups() {
        let board = reporter.makeBoard()
        reporter.set([("readiness", .notServing), ("liveness", .notServing), ("startup", .unknown)])
        #expect(isServing(board) == [false, false, false])
        for name in ["readiness", "liveness", "startup"] { reporter.clear(name) }
        #expect(isServing(board) == [true, true, true])
        let revision = board.snapshot.revision
        reporter.set(.serving, for: "a")
        #expect(board.snapshot.revision == revision + 1)
    }

    @Test("A shutdown is a drain")
    func shutdown() {
        let board = reporter.makeBoard()
        reporter.shutdown()
        #expect(board.snapshot.verdict(of: "readiness")?.outcome == Outcome(.unhealthy, .draining))
        reporter.resume()
        #expect(isServing(board) == [true, true, true])
    }
}

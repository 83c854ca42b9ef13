// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import Settings
import StatusBoard
import Testing

@testable import HealthWrapper

@Suite("The health of a wrapped command")
struct WrapperHealthTests {
    private func board(_ arguments: String...) -> (board: Board, health: WrapperHealth) {
        let options = WrapperOptions.settings.read(arguments: arguments, environment: [:]).options
        let health = WrapperHealth(options)
        return (Board(rules: health.rules, outcomes: health.firstOutcomes), health)
    }

    private func isServing(_ board: Board, _ name: String) -> Bool? {
        board.snapshot.verdict(of: name)?.isServing
    }

    @Test("Without checks a command is ready and alive while it runs")
    func plain() {
        let (board, _) = board()
        #expect(isServing(board, "") == false && isServing(board, "startup") == false)
        board.report([.command: .healthy, .startup: .healthy])
        for name in ["", "readiness", "liveness", "startup"] {
            #expect(isServing(board, name) == true)
        }
        board.report(.notRunning("it ended"), for: .command)
        #expect(isServing(board, "liveness") == false && isServing(board, "") == false)
    }

    @Test("A stop that was asked for is the end of every name, and no reason to judge the command")
    func draining() {
        let (board, health) = board("--watchdog=10s")
        board.report([.command: .healthy, .startup: .healthy, .draining: .draining])
        for name in ["", "readiness", "liveness", "startup"] {
            #expect(isServing(board, name) == false)
        }
        for group in ["readiness", "liveness"] {
            #expect(board.snapshot.evaluate(health.judgement(of: group)).isServing)
        }
    }

    @Test("A check decides its groups, and a group of its own is a health name")
    func groups() {
        let (board, health) = board("--check=tcp:127.0.0.1:1,name=a,critical,groups=deep")
        board.report(.healthy, for: .command)
        #expect(isServing(board, "readiness") == true && isServing(board, "deep") == false)
        board.report(Outcome(.unhealthy, .dependency, reason: "refused"), for: "a")
        let verdict = board.snapshot.evaluate(health.judgement(of: "deep"))
        #expect(verdict.outcome.state == .unhealthy)
    }

    @Test("What is asked for by healthcheck status has every check with its reason")
    func report() {
        let (board, _) = board("--check=tcp:127.0.0.1:1,name=db,critical")
        board.report([
            .command: .healthy, "db": Outcome(.unhealthy, .dependency, reason: "connect: refused"),
        ])
        let options = WrapperOptions.settings.read(
            arguments: ["--check=tcp:127.0.0.1:1,name=db,critical"], environment: [:]
        ).options
        let report = CommandReport(board.snapshot, options.checks, uptime: .seconds(7))
        #expect(!report.isReady)
        #expect(
            report.text.hasPrefix(
                "{\"state\":\"Unhealthy\",\"ready\":false,\"reason\":\"Critical checks failed: db\""
            ))
        let line =
            "{\"name\":\"db\",\"kind\":\"tcp\",\"target\":\"127.0.0.1:1\",\"state\":\"Unhealthy\","
            + "\"reason\":\"connect: refused\"}"
        #expect(report.text.contains(line))
    }
}

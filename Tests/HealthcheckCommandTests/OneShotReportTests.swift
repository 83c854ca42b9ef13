// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import OneShotChecks
import StatusBoard
import Testing

@testable import HealthcheckCommand

@Suite("The report of checks that ran once")
struct OneShotReportTests {
    private func result(
        _ name: String, _ state: Outcome.State, _ cause: String = "", isDry: Bool = false
    ) -> OneShotResult {
        OneShotResult(
            name, kind: "tcp", target: "db:1", isDry: isDry,
            CheckResult(state, cause, duration: .microseconds(1_260)))
    }

    @Test("The worst comes first, and decides the exit code")
    func order() {
        let report = OneShotReport(
            [
                result("tcp", .healthy), result("a", .unhealthy, "gone"),
                result("b", .degraded, "slow"),
            ],
            refusesDegraded: false)
        #expect(report.exitCode == 1)
        #expect(
            report.lines == """
                unhealthy a: tcp db:1 1.3 ms
                degraded b: tcp db:1 1.3 ms
                healthy tcp db:1 1.3 ms

                """)
        #expect(
            report.reasons == "healthcheck: a: tcp db:1: gone\nhealthcheck: b: tcp db:1: slow\n")
    }

    @Test("What is degraded passes, unless it is refused; what is not known never does")
    func degraded() {
        for (state, refuses, code) in [
            (Outcome.State.healthy, true, 0), (.degraded, false, 0), (.degraded, true, 1),
            (.unknown, false, 1), (.unhealthy, false, 1),
        ] {
            #expect(
                OneShotReport([result("a", state)], refusesDegraded: refuses).exitCode == code)
        }
    }

    @Test("A dry check is told and decides nothing")
    func dry() {
        let report = OneShotReport(
            [result("tcp", .unhealthy, "gone", isDry: true)], refusesDegraded: true)
        #expect(report.exitCode == 0)
        #expect(report.reasons == "healthcheck: tcp db:1: gone (dry: it decides nothing)\n")
        #expect(report.json.contains(#""state":"healthy","exit":0"#))
    }
}

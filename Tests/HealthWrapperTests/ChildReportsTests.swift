// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import StatusBoard
import SystemIO
import Testing

@testable import HealthWrapper

@Suite("What a command says of itself")
struct ChildReportsTests {
    private let start = MonotonicTime(nanoseconds: 1_000_000_000)

    private func reports(_ datagrams: String..., waitsForReady: Bool = false) -> ChildReports {
        var reports = ChildReports(waitsForReady: waitsForReady, watchdog: .zero)
        reports.started(at: start)
        for datagram in datagrams {
            reports.received(ChildNotification(datagram.utf8), at: start)
        }
        return reports
    }

    @Test("A silent command is ready while it runs, unless it has to say so")
    func silent() {
        #expect(reports().ready == .healthy)
        #expect(reports(waitsForReady: true).ready.state == .unhealthy)
        #expect(reports("READY=1", waitsForReady: true).ready.state == .healthy)
    }

    @Test("A command that says anything else first is not ready before it says so")
    func starting() {
        let starting = reports("STATUS=Loading 3 of 7")
        #expect(starting.ready.state == .unhealthy && starting.ready.figures == "Loading 3 of 7")
        #expect(reports("STATUS=Loading", "READY=1").ready.state == .healthy)
        #expect(reports("STATUS=Up\nREADY=1").ready == Outcome(.healthy, reason: "Up"))
    }

    @Test("A reload is a degraded state, and a stop is the end of readiness")
    func phases() {
        #expect(reports("READY=1", "RELOADING=1\nMONOTONIC_USEC=5").ready.state == .degraded)
        #expect(reports("READY=1", "RELOADING=1", "READY=1").ready.state == .healthy)
        #expect(reports("READY=1", "STOPPING=1").ready.code == .draining)
    }

    @Test("What is no assignment is ignored, and a status shows no control characters")
    func odd() {
        let odd = reports("", "READY", "=1", "READY=2", "WATCHDOG_USEC=x", "\u{0}\u{ff}")
        #expect(odd.ready == .healthy)
        #expect(reports("STATUS=a\u{1b}[2J").ready.figures == "a\\x1b[2J")
    }

    @Test("A watchdog bites when nothing was said in time, and no sooner")
    func watchdog() {
        var reports = ChildReports(waitsForReady: false, watchdog: .seconds(10))
        #expect(reports.deadline == nil)
        reports.started(at: start)
        var bitesEarly = reports.advance(to: start + .seconds(9))
        #expect(!bitesEarly && reports.alive == .healthy)
        reports.received(ChildNotification("WATCHDOG=1".utf8), at: start + .seconds(9))
        bitesEarly = reports.advance(to: start + .seconds(18))
        #expect(!bitesEarly)
        let bites = reports.advance(to: start + .seconds(19))
        #expect(bites)
        #expect(reports.alive?.state == .unhealthy && reports.deadline == nil)
        // Late, but alive.
        reports.received(ChildNotification("WATCHDOG=1".utf8), at: start + .seconds(30))
        #expect(reports.alive == .healthy && reports.deadline == start + .seconds(40))
        reports.received(ChildNotification("WATCHDOG=trigger".utf8), at: start)
        #expect(reports.alive?.state == .unhealthy)
        reports.started(at: start + .seconds(60))
        #expect(reports.alive == .healthy && reports.deadline == start + .seconds(70))
        reports.ended()
        #expect(reports.deadline == nil)
    }

    @Test("The command may choose another time for its watchdog, within bounds")
    func otherTime() {
        var reports = ChildReports(waitsForReady: false, watchdog: .seconds(10))
        reports.started(at: start)
        for (microseconds, time) in [
            ("2000000", Duration.seconds(2)), ("1", .milliseconds(100)),
            ("9223372036854775807", .seconds(86_400)),
        ] {
            let datagram = "WATCHDOG_USEC=\(microseconds)"
            reports.received(ChildNotification(datagram.utf8), at: start)
            #expect(reports.deadline == start + time)
        }
        // Without --watchdog there is none.
        #expect(self.reports("WATCHDOG_USEC=2000000").deadline == nil)
    }
}

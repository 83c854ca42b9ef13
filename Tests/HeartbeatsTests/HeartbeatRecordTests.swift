// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import StatusBoard
import SystemIO
import Testing

@testable import Heartbeats

@Suite("What follows from heartbeats")
struct HeartbeatRecordTests {
    private let start = MonotonicTime(nanoseconds: 9_000_000_000)

    @Test("Before the first report nothing is known, until the time is over")
    func first() {
        let record = HeartbeatRecord(within: .seconds(60), since: start)
        #expect(record.result(at: start + .seconds(59)).state == .unknown)
        let late = record.result(at: start + .seconds(60))
        #expect(late.state == .unhealthy)
        #expect(late.cause == "no heartbeat for 1m0s")
    }

    @Test("A report counts for its time, and each new one for as long again")
    func time() {
        var record = HeartbeatRecord(within: .seconds(10), since: start)
        for number in 1...5 {
            let now = start + .seconds(9 * number)
            _ = record.take(HeartbeatReport(), at: now)
            #expect(record.result(at: now + .milliseconds(9999)).state == .healthy)
        }
        #expect(record.result(at: start + .seconds(55)).cause == "no heartbeat for 10s")
    }

    @Test("A report says how its sender is, and why")
    func states() {
        var record = HeartbeatRecord(within: .seconds(10), since: start)
        _ = record.take(HeartbeatReport(.degraded, reason: "disk slow"), at: start)
        #expect(record.result(at: start).state == .degraded)
        #expect(record.result(at: start).cause == "it reports: disk slow")
        _ = record.take(HeartbeatReport(.unhealthy), at: start)
        #expect(record.result(at: start).cause == "it reports that it is unhealthy")
    }

    @Test("Only a report that changes something asks for a run")
    func news() {
        var record = HeartbeatRecord(within: .seconds(10), since: start)
        let reports: [(report: HeartbeatReport, second: Int, isNews: Bool)] = [
            (HeartbeatReport(), 0, true), (HeartbeatReport(), 9, false),
            (HeartbeatReport(.degraded), 10, true),
            (HeartbeatReport(.degraded, reason: "x"), 11, true),
            (HeartbeatReport(.degraded, reason: "x"), 12, false),
            // It was silent for too long.
            (HeartbeatReport(.degraded, reason: "x"), 30, true),
        ]
        for (report, second, isNews) in reports {
            let told = record.take(report, at: start + .seconds(second))
            #expect(told == isNews)
        }
    }

    @Test("A reason is bounded, and has nothing in it that cannot be printed")
    func reasons() throws {
        let text = String(repeating: "a", count: 5000) + "\u{1b}[2J"
        #expect(HeartbeatReport(.degraded, reason: text).reason.utf8.count <= 206)
        #expect(HeartbeatReport(.degraded, reason: "a\u{1b}\nb").reason == #"a\x1b\nb"#)
        #expect(throws: HeartbeatRefusal.self) { try HeartbeatReport(state: "fine", reason: nil) }
        #expect(try HeartbeatReport(state: nil, reason: nil) == HeartbeatReport(.healthy))
    }
}

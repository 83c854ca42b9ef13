// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCHealth
import HealthProtocol
import Inference
import StatusBoard
import SystemIO
import TestSupport
import Testing

@testable import SkillServices

@Suite("The watchdog")
struct WatchdogTests {
    private let now = MonotonicTime.now()

    @Test("A hang is so many observations without a response, in a row")
    func hang() {
        var detector = StallDetector(loops: ["loop 0"])
        func observe(_ hasResponded: Bool) -> Outcome? {
            detector.observe([hasResponded], .idle, at: now)
        }
        for _ in 0..<100 {
            for _ in 1..<StallDetector.missesOfHang { #expect(observe(false) == nil) }
            #expect(observe(true) == nil)
        }
        for miss in 1...StallDetector.missesOfHang {
            #expect((observe(false) != nil) == (miss == StallDetector.missesOfHang))
        }
        #expect(observe(false) == nil)
    }

    @Test("What responds now and then stays hung until it has responded for a while")
    func recovery() {
        var detector = StallDetector(loops: ["loop 0"])
        func observe(_ hasResponded: Bool) -> Outcome? {
            detector.observe([hasResponded], .idle, at: now)
        }
        for _ in 0..<StallDetector.missesOfHang { _ = observe(false) }
        for _ in 0..<100 {
            for _ in 1..<StallDetector.responsesOfRecovery { #expect(observe(true) == nil) }
            #expect(observe(false) == nil)
        }
        for response in 1...StallDetector.responsesOfRecovery {
            let isEnd = response == StallDetector.responsesOfRecovery
            #expect(observe(true) == (isEnd ? .healthy : nil))
        }
    }

    @Test("Each hang is named, beside those that are there already, and the end is told")
    func reasons() {
        var detector = StallDetector(loops: ["the control loop", "loop 0"])
        let stalled = Progress.Activity.stalled(2, longest: .seconds(31))
        var reasons: [String] = []
        func take(_ responses: [Bool], _ activity: Progress.Activity) {
            for _ in 0..<StallDetector.missesOfHang {
                if let outcome = detector.observe(responses, activity, at: now) {
                    reasons.append(outcome.reason)
                }
            }
        }
        take([true, true], .busy(100))
        #expect(reasons.isEmpty)
        take([true, false], .idle)
        take([false, false], stalled)
        take([true, true], stalled)
        take([true, true], .busy(1))
        #expect(
            reasons == [
                "loop 0 is blocked",
                "the control loop is blocked, loop 0 is blocked, 2 requests make no progress",
                "2 requests make no progress", "",
            ])
    }

    @Test("A loop that hangs makes all NOT_SERVING though no loop helps, until it goes on")
    func realHang() throws {
        let reporter = HealthReporter()
        let state = RuntimeState(reporter: reporter)
        state.board.report(.healthy, for: .model("m0"))
        let group = try EventLoopGroup(count: 2)
        defer { group.stop() }
        let watchdog = Watchdog(
            [("loop 0", group.loops[0]), ("loop 1", group.loops[1])], files: group.loops[0],
            state: state, stallAfter: nil)
        try watchdog.start()
        defer { watchdog.stop() }
        let release = Mailbox<Bool>()
        // Every loop, so that nothing but the watchdog's own thread can tell.
        for loop in group.loops { loop.post { _ = release.next() } }
        try wait("it is told") { reporter.status(of: "liveness") == .notServing }
        #expect(reporter.status(of: "") == .notServing)
        #expect(state.obstacle?.contains("is blocked") == true)
        release.put(true)
        release.put(true)
        try wait("it has ended") { reporter.status(of: "") == .serving }
        #expect(reporter.status(of: "liveness") == .serving)
    }

    @Test("Work without progress is a stall, and its end ends it")
    func realStall() throws {
        let reporter = HealthReporter()
        let state = RuntimeState(reporter: reporter)
        state.board.report(.healthy, for: .model("m0"))
        let group = try EventLoopGroup(count: 1)
        defer { group.stop() }
        let watchdog = Watchdog(
            [], files: group.loops[0], state: state, stallAfter: .milliseconds(100))
        try watchdog.start()
        defer { watchdog.stop() }
        let token = state.progress.begin()
        try wait("it is told") { reporter.status(of: "liveness") == .notServing }
        #expect(state.obstacle == "1 request makes no progress")
        token.end()
        try wait("it has ended") { reporter.status(of: "") == .serving }
    }
}

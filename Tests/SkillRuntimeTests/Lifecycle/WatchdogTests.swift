// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCHealth
import Inference
import SystemIO
import TestSupport
import Testing

@testable import SkillRuntime

@Suite("The watchdog")
struct WatchdogTests {
    @Test("A hang is so many looks without an answer, in a row")
    func hang() {
        var beat = Heartbeat()
        let look = { beat.look(isAnswered: $0) }
        for _ in 0..<100 {
            for _ in 1..<Heartbeat.missesOfHang { #expect(!look(false)) }
            #expect(!look(true))
        }
        for miss in 1...Heartbeat.missesOfHang {
            #expect(look(false) == (miss == Heartbeat.missesOfHang))
        }
        #expect(beat.isHung)
        #expect(!look(false))
    }

    @Test("What answers now and then stays hung until it has answered for a while")
    func recovery() {
        var beat = Heartbeat()
        let look = { beat.look(isAnswered: $0) }
        for _ in 0..<Heartbeat.missesOfHang { _ = look(false) }
        for _ in 0..<100 {
            for _ in 1..<Heartbeat.answersOfRecovery { #expect(!look(true)) }
            #expect(!look(false))
        }
        for answer in 1...Heartbeat.answersOfRecovery {
            #expect(
                look(true) == (answer == Heartbeat.answersOfRecovery))
        }
        #expect(!beat.isHung)
    }

    @Test("Each hang is named, beside those that are there already, and the end is told")
    func reasons() {
        var looks = WatchdogLooks(names: ["the control loop", "loop 0"])
        let stalled = Progress.Activity.stalled(2, longest: .seconds(31))
        var turns: [String?] = []
        func take(_ answers: [Bool], _ activity: Progress.Activity) {
            for _ in 0..<Heartbeat.missesOfHang {
                if let turn = looks.take(answers, activity) { turns.append(turn.standstill) }
            }
        }
        take([true, true], .busy(100))
        #expect(turns.isEmpty)
        take([true, false], .idle)
        take([false, false], stalled)
        take([true, true], stalled)
        take([true, true], .busy(1))
        #expect(
            turns == [
                "loop 0 takes no turns",
                "the control loop takes no turns, loop 0 takes no turns, 2 requests do not get on",
                "2 requests do not get on", nil,
            ])
    }

    @Test("A loop that hangs makes all NOT_SERVING though no loop helps, until it goes on")
    func realHang() throws {
        let reporter = HealthReporter()
        let state = RuntimeState(startTime: .now(), reporter: reporter)
        state.update { $0.conditions.models[0].state = .loaded }
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
        try wait { reporter.status(of: "liveness") == .notServing }
        #expect(reporter.status(of: "") == .notServing)
        #expect(state.current.conditions.standstill?.contains("takes no turns") == true)
        release.put(true)
        release.put(true)
        try wait { reporter.status(of: "") == .serving }
        #expect(reporter.status(of: "liveness") == .serving)
        #expect(state.current.standstillCount >= 1)
    }

    @Test("Work that does not get on is a standstill, and its end ends it")
    func realStall() throws {
        let reporter = HealthReporter()
        let state = RuntimeState(startTime: .now(), reporter: reporter)
        state.update { $0.conditions.models[0].state = .loaded }
        let group = try EventLoopGroup(count: 1)
        defer { group.stop() }
        let watchdog = Watchdog(
            [], files: group.loops[0], state: state, stallAfter: .milliseconds(100))
        try watchdog.start()
        defer { watchdog.stop() }
        let token = state.progress.begin()
        try wait { reporter.status(of: "liveness") == .notServing }
        #expect(state.current.conditions.standstill == "1 request does not get on")
        token.end()
        try wait { reporter.status(of: "") == .serving }
    }

    private func wait(until condition: () -> Bool) throws {
        let deadline = MonotonicTime.now() + .seconds(30)
        while !condition() {
            try #require(MonotonicTime.now() < deadline, "it did not come about within 30 s")
            (MonotonicTime.now() + .milliseconds(10)).sleep()
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Testing

@testable import SkillRuntime

@Suite("How far the end of a runtime has come")
struct DrainStateTests {
    private let start = MonotonicTime(nanoseconds: 1_000_000_000)
    private let times = DrainTimes(grace: .seconds(5), deadline: .seconds(8))

    /// A drain that was asked for in this way.
    private func drain(_ origin: DrainState.Origin) -> DrainState {
        var state = DrainState()
        #expect(state.asked(by: origin, times, at: start) == .begin)
        return state
    }

    @Test(
        "Clients that are left are served until the grace period ends",
        arguments: [
            DrainState.Origin.signal, .admin,
        ])
    func grace(_ origin: DrainState.Origin) {
        var state = drain(origin)
        let end = start + .seconds(5)
        #expect(state.looked(isAlone: false, at: start) == .wait(until: end))
        #expect(state.looked(isAlone: false, at: end) == .stop(deadline: start + .seconds(8)))
        #expect(state.looked(isAlone: true, at: end) == .nothing)
        #expect(state.isFinal)
    }

    @Test("Without a client the grace period is over at once")
    func alone() {
        var state = drain(.signal)
        #expect(state.looked(isAlone: true, at: start) == .stop(deadline: start + .seconds(8)))
    }

    @Test("The second signal stops at once, in the grace period and after it")
    func secondSignal() {
        var state = drain(.signal)
        #expect(state.asked(by: .signal, times, at: start) == .stopAtOnce)
        state = drain(.signal)
        _ = state.looked(isAlone: true, at: start)
        #expect(state.asked(by: .signal, times, at: start) == .stopAtOnce)
    }

    @Test("An operator takes back only what no signal has asked for")
    func resume() {
        var state = drain(.admin)
        #expect(!state.isFinal)
        #expect(state.resumed() == .resume)
        #expect(state.looked(isAlone: true, at: start) == .nothing)
        #expect(state.resumed() == .refuse(reason: "the server is not draining"))
        // The next drain has times of its own.
        let later = start + .seconds(60)
        #expect(state.asked(by: .signal, times, at: later) == .begin)
        #expect(state.looked(isAlone: false, at: later) == .wait(until: later + .seconds(5)))
        guard case .refuse = state.resumed() else {
            Issue.record("a signal was taken back")
            return
        }
    }

    @Test("The first signal in an operator's drain settles it, without another grace period")
    func signalAfterAdmin() {
        var state = drain(.admin)
        #expect(state.asked(by: .admin, times, at: start) == .goOn)
        #expect(state.asked(by: .signal, times, at: start + .seconds(2)) == .settle)
        #expect(state.isFinal)
        #expect(state.asked(by: .admin, times, at: start + .seconds(2)) == .goOn)
        #expect(
            state.looked(isAlone: false, at: start + .seconds(2))
                == .wait(until: start + .seconds(5)))
        #expect(state.asked(by: .signal, times, at: start + .seconds(3)) == .stopAtOnce)
    }

    @Test("The first signal after an operator's grace period lets the requests finish")
    func signalWhileStopping() {
        var state = drain(.admin)
        _ = state.looked(isAlone: true, at: start)
        #expect(
            state.resumed() == .refuse(reason: "the grace period is over: the server is stopping"))
        #expect(state.asked(by: .signal, times, at: start) == .goOn)
        #expect(state.asked(by: .signal, times, at: start) == .stopAtOnce)
    }
}

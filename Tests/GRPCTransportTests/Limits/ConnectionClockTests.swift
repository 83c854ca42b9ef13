// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Testing

@testable import GRPCTransport

@Suite("The clock of a connection")
struct ConnectionClockTests {
    private typealias Observation = ConnectionClock.Observation
    private let start = MonotonicTime(nanoseconds: 1_000_000_000)
    private let busy = Observation(openStreams: 1, latestStream: 1)

    private func clock(
        established: Bool = true, jitter: Double = 0.5,
        _ change: (inout TimeoutLimits) -> Void = { _ in }
    ) -> ConnectionClock {
        var limits = TimeoutLimits()
        limits.handshake = .seconds(10)
        limits.header = .seconds(5)
        limits.write = .seconds(20)
        limits.idle = .seconds(100)
        limits.keepaliveInterval = .seconds(60)
        limits.keepalive = .seconds(7)
        change(&limits)
        var clock = ConnectionClock(limits, accepted: start, jitter: jitter)
        if established { clock.established() }
        return clock
    }

    private func after(_ seconds: Int) -> MonotonicTime { start + .seconds(seconds) }

    @Test("Connections are swept once a second, more often only for short limits")
    func interval() {
        var limits = TimeoutLimits()
        #expect(limits.sweepInterval == .seconds(1))
        // It has a timer of its own.
        limits.goAwayGrace = .milliseconds(8)
        #expect(limits.sweepInterval == .seconds(1))
        limits.header = .milliseconds(400)
        #expect(limits.sweepInterval == .milliseconds(100))
    }

    @Test(
        "Calls are looked at less often than connections, and as often where their limits are short"
    )
    func callSweeps() {
        var clock = ConnectionClock(TimeoutLimits(), accepted: start, jitter: 0.5)
        var limits = TimeoutLimits()
        let sweeps = (0..<60).filter {
            clock.beginCallSweep(at: after($0), pause: limits.callSweepPause)
        }
        #expect(sweeps.count == 30 && sweeps.prefix(2) == [0, 2])
        limits.request = .seconds(2)
        var short = self.clock { $0 = limits }
        let isEverySecond = (0..<60).allSatisfy {
            short.beginCallSweep(at: after($0), pause: limits.callSweepPause)
        }
        #expect(isEverySecond)
    }

    @Test("drops a client without SETTINGS at the limit, counted from the accept")
    func handshake() {
        var clock = clock(established: false)
        clock.received(at: after(9))
        #expect(clock.evaluate(Observation(), at: after(9)) == .nothing)
        #expect(clock.evaluate(Observation(), at: after(10)) == .drop(.handshakeTimeout))
    }

    @Test("drops a client that does not end its header block, and not one that begins many")
    func headerBlock() {
        var clock = clock()
        for second in 0..<60 {
            let observation = Observation(
                latestStream: Int32(2 * second + 1), isMidHeaderBlock: true)
            clock.received(at: after(second))
            #expect(clock.evaluate(observation, at: after(second)) == .nothing)
        }
        let same = Observation(latestStream: 119, isMidHeaderBlock: true)
        for second in 60..<64 { #expect(clock.evaluate(same, at: after(second)) == .nothing) }
        #expect(clock.evaluate(same, at: after(64)) == .drop(.slowHeaders))
    }

    @Test("drops a client whose socket takes nothing, and not one that takes a little")
    func blocked() {
        var clock = clock()
        let blocked = Observation(openStreams: 1, latestStream: 1, isSendBlocked: true)
        #expect(clock.evaluate(blocked, at: after(0)) == .nothing)
        #expect(clock.evaluate(blocked, at: after(19)) == .nothing)
        clock.sent()
        #expect(clock.evaluate(blocked, at: after(20)) == .nothing)
        #expect(clock.evaluate(blocked, at: after(39)) == .nothing)
        #expect(clock.evaluate(blocked, at: after(40)) == .drop(.stalled))
    }

    @Test("asks an idle client to leave, counted from its latest call")
    func idle() {
        var clock = clock()
        #expect(clock.evaluate(busy, at: after(50)) == .nothing)
        let idle = Observation(latestStream: 1)
        #expect(clock.evaluate(idle, at: after(100)) == .nothing)
        #expect(clock.idleSince == after(50))
        // A call that came and went between two evaluations.
        #expect(clock.evaluate(Observation(latestStream: 3), at: after(149)) == .nothing)
        #expect(clock.evaluate(Observation(latestStream: 3), at: after(248)) == .nothing)
        #expect(clock.evaluate(Observation(latestStream: 3), at: after(249)) == .leave)
    }

    @Test("asks a silent client with calls for a sign of life, and drops it when none comes")
    func keepalive() {
        var clock = clock()
        #expect(clock.evaluate(busy, at: after(59)) == .nothing)
        #expect(clock.evaluate(busy, at: after(60)) == .ping)
        #expect(clock.evaluate(busy, at: after(61)) == .nothing)
        clock.received(at: after(62))
        #expect(clock.evaluate(busy, at: after(70)) == .nothing)
        #expect(clock.evaluate(busy, at: after(122)) == .ping)
        #expect(clock.evaluate(busy, at: after(128)) == .nothing)
        #expect(clock.evaluate(busy, at: after(129)) == .drop(.unresponsive))
    }

    @Test("sends an old client away, and drops it when its calls outlast the grace")
    func age() {
        var clock = clock {
            $0.maxAge = .seconds(100)
            $0.maxAgeGrace = .seconds(15)
            $0.keepaliveInterval = .zero
        }
        #expect(clock.evaluate(busy, at: after(99)) == .nothing)
        #expect(clock.evaluate(busy, at: after(100)) == .leave)
        clock.leaving(at: after(100))
        #expect(clock.evaluate(busy, at: after(114)) == .nothing)
        #expect(clock.evaluate(busy, at: after(115)) == .drop(.overdue))
    }

    @Test("spreads the ages by a tenth to each side", arguments: [(0.0, 90), (1.0, 110)])
    func jitter(_ jitter: Double, _ age: Int) {
        var clock = clock(jitter: jitter) { $0.maxAge = .seconds(100) }
        clock.received(at: after(age - 1))
        #expect(clock.evaluate(busy, at: after(age - 1)) == .nothing)
        #expect(clock.evaluate(busy, at: after(age)) == .leave)
    }

    @Test(
        "does not cut off the calls of a server that is stopping: the stop has a limit of its own")
    func stopping() {
        var clock = clock { $0.keepaliveInterval = .zero }
        clock.leaving(at: after(0))
        #expect(clock.evaluate(busy, at: after(1_000_000)) == .nothing)
    }

    @Test("with every limit off does nothing, ever")
    func off() {
        var clock = clock(established: false) {
            $0.handshake = .zero
            $0.header = .zero
            $0.write = .zero
            $0.idle = .zero
            $0.keepaliveInterval = .zero
        }
        let worst = Observation(isMidHeaderBlock: true, isSendBlocked: true)
        for second in [0, 1_000_000_000] {
            #expect(clock.evaluate(worst, at: after(second)) == .nothing)
        }
    }
}

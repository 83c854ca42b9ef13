// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Testing

@testable import OTLPExport

@Suite("When metrics are pushed")
struct PushScheduleTests {
    private let begin = MonotonicTime(nanoseconds: 1_000_000_000_000)

    private func after(_ seconds: Double) -> MonotonicTime { begin + .seconds(seconds) }

    private func schedule(
        interval: Duration = .seconds(60), timeout: Duration? = .seconds(10)
    ) -> PushSchedule {
        PushSchedule(interval: interval, timeout: timeout, from: begin)
    }

    @Test("The first push is soon, and the next ones keep to fixed times")
    func fixedTimes() {
        var schedule = schedule()
        #expect(schedule.advance(to: begin) == .wait(until: after(1)))
        #expect(schedule.advance(to: after(1)) == .push(until: after(11)))
        schedule.pushed(.delivered, at: after(3), chance: 0)
        #expect(schedule.advance(to: after(3)) == .wait(until: after(61)))
        // The timer is late: the time after it does not move.
        #expect(schedule.advance(to: after(62)) == .push(until: after(72)))
        schedule.pushed(.delivered, at: after(63), chance: 0)
        #expect(schedule.advance(to: after(63)) == .wait(until: after(121)))
    }

    @Test("An interval below a second is one for the first push, too")
    func shortInterval() {
        var schedule = schedule(interval: .milliseconds(200))
        #expect(schedule.advance(to: begin) == .wait(until: after(0.2)))
    }

    @Test("Fixed times that pass during a push are left out")
    func slowPush() {
        var schedule = schedule(interval: .seconds(2))
        #expect(schedule.advance(to: after(1)) == .push(until: after(11)))
        schedule.pushed(.delivered, at: after(10.5), chance: 0)
        #expect(schedule.advance(to: after(10.5)) == .wait(until: after(11)))
    }

    @Test("Without a timeout a push may take as long as an interval")
    func noTimeout() {
        var schedule = schedule(timeout: nil)
        #expect(schedule.advance(to: after(1)) == .push(until: after(61)))
    }

    @Test("What fails for now is repeated after waits that double, and chance spreads them")
    func backoff() {
        var schedule = schedule()
        var now = after(1)
        for (chance, wait) in [(0, 0.75), (0.5, 2), (1, 5), (0.5, 8), (0, 12)] {
            #expect(schedule.advance(to: now) == .push(until: now + .seconds(10)))
            schedule.pushed(.failedForNow(retryAfter: nil), at: now, chance: chance)
            let due = now + .seconds(wait)
            #expect(schedule.advance(to: now) == .wait(until: due))
            now = due
        }
        // A success begins anew; the fixed times have not moved.
        #expect(schedule.advance(to: now) == .push(until: now + .seconds(10)))
        schedule.pushed(.delivered, at: now, chance: 0)
        #expect(schedule.advance(to: now) == .wait(until: after(61)))
        #expect(schedule.advance(to: after(61)) == .push(until: after(71)))
        schedule.pushed(.failedForNow(retryAfter: nil), at: after(61), chance: 0)
        #expect(schedule.advance(to: after(61)) == .wait(until: after(61.75)))
    }

    @Test(
        "A repetition that would come after the next fixed time is that push, and the waits begin anew"
    )
    func noRepetitionBeyondTheInterval() {
        var schedule = schedule(interval: .seconds(3))
        #expect(schedule.advance(to: after(1)) == .push(until: after(11)))
        schedule.pushed(.failedForNow(retryAfter: nil), at: after(1), chance: 0.5)
        #expect(schedule.advance(to: after(2)) == .push(until: after(12)))
        schedule.pushed(.failedForNow(retryAfter: nil), at: after(2.5), chance: 0.5)
        // 2 s later is 4.5 s, after the time at 4 s: so the one at 7 s.
        #expect(schedule.advance(to: after(2.5)) == .wait(until: after(7)))
        #expect(schedule.advance(to: after(7)) == .push(until: after(17)))
        schedule.pushed(.failedForNow(retryAfter: nil), at: after(7), chance: 0.5)
        #expect(schedule.advance(to: after(7)) == .wait(until: after(8)))
    }

    @Test("The collector's own delay is kept, also beyond the interval, but not without end")
    func retryAfter() {
        var schedule = schedule()
        #expect(schedule.advance(to: after(1)) == .push(until: after(11)))
        schedule.pushed(.failedForNow(retryAfter: .seconds(30)), at: after(1), chance: 0)
        #expect(schedule.advance(to: after(1)) == .wait(until: after(31)))
        #expect(schedule.advance(to: after(31)) == .push(until: after(41)))
        schedule.pushed(.failedForNow(retryAfter: .seconds(90)), at: after(31), chance: 0)
        #expect(schedule.advance(to: after(31)) == .wait(until: after(181)))
        #expect(schedule.advance(to: after(181)) == .push(until: after(191)))
        schedule.pushed(.failedForNow(retryAfter: .seconds(1 << 39)), at: after(181), chance: 0)
        #expect(schedule.advance(to: after(181)) == .wait(until: after(3841)))
    }

    @Test("What fails for good waits for the next fixed time")
    func failedForGood() {
        var schedule = schedule()
        #expect(schedule.advance(to: after(1)) == .push(until: after(11)))
        schedule.pushed(.failedForGood, at: after(2), chance: 0)
        #expect(schedule.advance(to: after(2)) == .wait(until: after(61)))
    }

    @Test(
        "At the end there is one more push at once, within the time that is left, and it is not repeated"
    )
    func lastPush() {
        var schedule = schedule()
        #expect(schedule.advance(to: begin) == .wait(until: after(1)))
        schedule.stop(by: after(3))
        #expect(schedule.advance(to: after(0.5)) == .push(until: after(3)))
        schedule.pushed(.failedForNow(retryAfter: nil), at: after(0.6), chance: 0)
        #expect(schedule.advance(to: after(0.6)) == .end)
        #expect(schedule.advance(to: after(100)) == .end)
    }

    @Test("A push that goes on at the end is followed by the last one")
    func endDuringAPush() {
        var schedule = schedule()
        #expect(schedule.advance(to: after(1)) == .push(until: after(11)))
        schedule.stop(by: after(20))
        schedule.pushed(.failedForNow(retryAfter: .seconds(50)), at: after(2), chance: 0)
        #expect(schedule.advance(to: after(2)) == .push(until: after(12)))
        schedule.pushed(.delivered, at: after(3), chance: 0)
        #expect(schedule.advance(to: after(3)) == .end)
    }

    @Test("There is no last push when its time has passed")
    func noTimeForALastPush() {
        var schedule = schedule()
        schedule.stop(by: after(3))
        #expect(schedule.advance(to: after(3)) == .end)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import InstanceRegistry
import SystemIO
import Testing

@testable import Registering

@Suite("The life of a registration")
struct RegistrationStateTests {
    private static let timeToLive = Duration.seconds(300)
    private static let away = StoreFailure.unreachable("it is away")

    private func at(_ seconds: Double) -> MonotonicTime {
        MonotonicTime(nanoseconds: Int64(seconds * 1e9))
    }

    private func state() -> RegistrationState {
        RegistrationState(timeToLive: Self.timeToLive, seed: 1)
    }

    @Test("It is registered with the first judgement, and renewed at about a third of its time")
    func renewal() {
        var state = state()
        #expect(state.judged(.starting, at: at(0)) == .put(.starting))
        #expect(state.judged(.starting, at: at(0.1)) == nil)
        #expect(state.put(.registered, at: at(0.2)) == nil)
        #expect(state.since == at(0.2))
        #expect(state.leaseEnd == at(300))
        #expect(state.judged(.starting, at: at(80)) == nil)
        #expect(state.judged(.starting, at: at(115)) == .put(.starting))
        #expect(state.put(.kept, at: at(115.1)) == nil)
        #expect(state.since == at(0.2))
        #expect(state.counts == counts { $0.registrations = 1 })
    }

    private func counts(_ body: (inout RegistrationCounts) -> Void) -> RegistrationCounts {
        var counts = RegistrationCounts()
        body(&counts)
        return counts
    }

    @Test("A change of the status is written at once, also one that came during a write")
    func changes() {
        var state = state()
        _ = state.judged(.starting, at: at(0))
        #expect(state.judged(.available, at: at(0.1)) == nil)
        #expect(state.put(.registered, at: at(0.2)) == .put(.available))
        #expect(state.put(.kept, at: at(0.3)) == nil)
        #expect(state.judged(.unavailable, at: at(1)) == .put(.unavailable))
        _ = state.put(.kept, at: at(1.1))
        #expect(state.counts.statusChanges == 2)
    }

    @Test("With the shortest time to live one write may fail", arguments: UInt64(0)..<100)
    func shortest(seed: UInt64) throws {
        var state = RegistrationState(timeToLive: .seconds(3), seed: seed)
        _ = state.judged(.available, at: at(0))
        // A store has a third of the time to live for an answer.
        _ = state.put(.registered, at: at(0.2))
        var (writes, wake) = (0, state.nextWake)
        for second in 0..<4 {
            _ = state.judged(.available, at: at(Double(second) + 0.001))
            while let time = wake, time < at(Double(second + 1)) {
                #expect(state.woken(at: time) == .put(.available))
                writes += 1
                if writes == 2 {
                    #expect(try time < #require(state.leaseEnd))
                    return
                }
                #expect(state.failed(Self.away, at: time + .seconds(1)) == nil)
                wake = state.nextWake
            }
        }
        Issue.record("it was not written again")
    }

    @Test("A wake of a loop that is late orders nothing, and waits for the next judgement")
    func lateWake() {
        var state = RegistrationState(timeToLive: .seconds(3), seed: 1)
        _ = state.judged(.available, at: at(0))
        _ = state.put(.registered, at: at(0.1))
        #expect(state.nextWake != nil)
        #expect(state.woken(at: at(10)) == nil)
        #expect(state.nextWake == nil)
        #expect(state.judged(.available, at: at(10)) == .put(.available))
    }

    @Test("Without a fresh judgement nothing is written")
    func noJudgement() {
        var state = state()
        _ = state.judged(.available, at: at(0))
        // The answer comes late: the loop has judged nothing meanwhile.
        #expect(state.failed(Self.away, at: at(60)) == nil)
        #expect(state.nextWake == nil)
        #expect(state.judged(.available, at: at(100)) == .put(.available))
    }

    @Test("A store that fails is asked again after a wait that grows")
    func failures() {
        var state = state()
        var (now, attempts) = (0.0, 0)
        while now < 600 {
            if state.judged(.available, at: at(now)) != nil {
                attempts += 1
                #expect(state.failed(Self.away, at: at(now)) == nil)
            }
            now += 1
        }
        #expect((20...60).contains(attempts))
        #expect(state.failure == Self.away)
        #expect(state.counts.failures == attempts)
        // A change of the status does not hurry it.
        let next = (1...40).first { state.judged(.unavailable, at: at(600 + Double($0))) != nil }
        #expect(next != nil)
        #expect(state.put(.registered, at: at(640)) == nil)
        #expect(state.failure == nil)
    }

    @Test("A drain is written at once, whatever was under way, and the end removes it")
    func drain() {
        var state = state()
        _ = state.judged(.available, at: at(0))
        _ = state.put(.registered, at: at(0.1))
        #expect(state.judged(.unavailable, at: at(1)) == .put(.unavailable))
        #expect(state.drainAsked(at: at(1.1)) == nil)
        #expect(!state.hasToldDrain)
        #expect(state.failed(Self.away, at: at(1.2)) == .put(.draining))
        #expect(!state.hasToldDrain)
        #expect(state.put(.kept, at: at(1.3)) == nil)
        #expect(state.hasToldDrain)
        #expect(state.judged(.available, at: at(2)) == nil)
        #expect(state.endAsked(at: at(3)) == .remove)
        state.removed(at: at(3.1))
        #expect(state.isOver)
        #expect(state.judged(.available, at: at(400)) == nil)
        #expect(state.counts.deregistrations == 1)
    }

    @Test("A drain that is taken back is written, too")
    func resumed() {
        var state = state()
        _ = state.judged(.available, at: at(0))
        _ = state.put(.registered, at: at(0.1))
        #expect(state.drainAsked(at: at(1)) == .put(.draining))
        _ = state.put(.kept, at: at(1.1))
        #expect(state.resumed(at: at(1.2)) == .put(.available))
    }

    @Test("An end during a write removes what was written, and is tried again")
    func endDuringWrite() {
        var state = state()
        _ = state.judged(.available, at: at(0))
        #expect(state.endAsked(at: at(0.1)) == nil)
        #expect(state.put(.registered, at: at(0.2)) == .remove)
        #expect(state.failed(Self.away, at: at(0.3)) == nil)
        let wake = state.nextWake
        #expect(wake != nil)
        #expect(state.woken(at: wake ?? at(0)) == .remove)
        state.removed(at: at(2))
        #expect(state.isOver)
    }

    @Test("What was never written is not removed, and no drain waits for it")
    func neverWritten() {
        var state = state()
        #expect(state.drainAsked(at: at(0)) == nil)
        #expect(state.hasToldDrain)
        #expect(state.endAsked(at: at(1)) == nil)
        #expect(state.isOver)
    }

    @Test("A lease that was lost is taken anew, and counted")
    func lostLease() {
        var state = state()
        _ = state.judged(.available, at: at(0))
        _ = state.put(.registered, at: at(0.1))
        #expect(state.judged(.available, at: at(116)) == .put(.available))
        _ = state.put(.registered, at: at(116.1))
        #expect(state.since == at(116.1))
        #expect(state.counts.registrations == 2)
        #expect(state.judged(.available, at: at(232)) == .put(.available))
        _ = state.put(.repaired, at: at(232.1))
        #expect(state.counts.repairs == 1)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import InstanceRegistry
import SystemIO
import Testing

@testable import Registering

/// One instance and its record in a store with a time to live, in simulated time.
private struct Life {
    var state: RegistrationState
    var random: RandomSource
    var now: Double = 0
    var record: (status: InstanceStatus, end: Double)?
    /// When the answer to the order that is under way comes.
    var answer: (time: Double, order: RegistrationState.Order, arrives: Bool)?
    var status = InstanceStatus.starting
    var changed = 0.0
    var isStoreAway = false
    var returned = 0.0
    var isHung = false
    var hung = 0.0
    var isDraining = false

    static let timeToLive = 30.0

    init(seed: UInt64) {
        state = RegistrationState(timeToLive: .seconds(30), seed: seed)
        random = RandomSource(seed: seed &+ 77)
    }

    var time: MonotonicTime { MonotonicTime(nanoseconds: Int64(now * 1e9)) }

    var isRecorded: Bool { (record?.end ?? -1) > now }

    mutating func take(_ order: RegistrationState.Order?) {
        guard let order else { return }
        answer = (now + 0.001 + random.nextFraction() * 0.5, order, !isStoreAway)
        if isStoreAway { return }
        switch order {
        case .put(let status):
            pending = isRecorded ? .kept : .registered
            record = (status, now + Self.timeToLive)
        case .remove: record = nil
        }
    }

    var pending = PutOutcome.kept

    mutating func advance() {
        now += 0.25
        if isHung { return }
        if let answer, answer.time <= now {
            self.answer = nil
            if !answer.arrives {
                take(state.failed(.unreachable("away"), at: time))
            } else if case .put = answer.order {
                take(state.put(pending, at: time))
            } else {
                state.removed(at: time)
            }
        }
        take(state.judged(status, at: time))
        if let wake = state.nextWake, wake <= time { take(state.woken(at: time)) }
    }

    mutating func happen() {
        switch random.nextFraction() {
        case ..<0.01: set(random.nextFraction() < 0.5 ? .available : .unavailable)
        case ..<0.012:
            isStoreAway.toggle()
            returned = now
            if random.nextFraction() < 0.5 { record = nil }
        case ..<0.0125:
            record = nil
            returned = now
        case ..<0.013:
            isHung.toggle()
            (hung, returned) = (now, now)
        default: break
        }
    }

    mutating func set(_ status: InstanceStatus) {
        if self.status != status { changed = now }
        self.status = status
    }
}

@Suite("Simulated lives of registrations")
struct SimulatedLifeTests {
    @Test("10,000 lives: what is judged is in the store as it is, and what is not is forgotten")
    func lives() {
        var (writes, gaps) = (0, 0)
        for seed in 0..<10_000 {
            var life = Life(seed: UInt64(seed))
            for _ in 0..<300 {
                life.happen()
                life.advance()
                let calm = life.now - max(life.changed, life.returned)
                if life.isStoreAway { continue }
                if life.isHung {
                    // Nothing has judged it for longer than the time to live.
                    if life.now - life.hung > Life.timeToLive, life.isRecorded { gaps += 1 }
                    continue
                }
                // The longest wait of a failing store, and the longest until a lost record is noticed.
                if calm > 45, life.record?.status != life.status { gaps += 1 }
            }
            writes += life.state.counts.registrations
            if !finish(&life) { gaps += 1 }
        }
        #expect(gaps == 0)
        #expect(writes >= 10_000)
    }

    /// Drains and ends a life; whether nothing is left of it.
    private func finish(_ life: inout Life) -> Bool {
        if life.isHung {
            // A crash: the time to live ends it.
            life.now += Life.timeToLive
            return !life.isRecorded
        }
        life.isStoreAway = false
        life.take(life.state.drainAsked(at: life.time))
        for _ in 0..<4 { life.advance() }
        life.take(life.state.endAsked(at: life.time))
        for _ in 0..<200 where !life.state.isOver { life.advance() }
        for _ in 0..<400 { life.advance() }
        return life.state.isOver && !life.isRecorded
    }

    @Test("10,000 instances come back to a store that was away for 10 minutes, spread over time")
    func herd() {
        let count = 10_000
        var states = (0..<count).map {
            RegistrationState(timeToLive: .seconds(300), seed: UInt64($0))
        }
        var (attempts, present) = ([Int](repeating: 0, count: 1200), 0)
        for second in stride(from: 0, to: 1200, by: 2) {
            let isAway = (100..<700).contains(second)
            let now = MonotonicTime(nanoseconds: Int64(second) * 1_000_000_000)
            for index in 0..<count {
                guard states[index].judged(.available, at: now) != nil else { continue }
                attempts[second] += 1
                if isAway {
                    _ = states[index].failed(.unreachable("away"), at: now)
                } else {
                    _ = states[index].put(second < 700 ? .registered : .kept, at: now)
                }
            }
            if second == 736 { present = states.count { $0.failure == nil } }
        }
        #expect(present == count)
        // Of two seconds. All at once would be 10,000; even over the longest wait would be 667.
        #expect((700..<740).map { attempts[$0] }.max() ?? 0 <= 1500)
        #expect((400..<700).map { attempts[$0] }.max() ?? 0 <= 1500)
        // Later writes are spread as well: even would be 180 to 240.
        #expect((800..<1200).map { attempts[$0] }.max() ?? 0 <= 1000)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Testing

@testable import GRPCTransport

@Suite("Which PINGs are too many")
struct PingPolicyTests {
    private let start = MonotonicTime(nanoseconds: 1_000_000_000)
    private func policy() -> PingPolicy {
        PingPolicy(minInterval: .seconds(10), maxStrikes: 2)
    }

    @Test("Those that keep their distance are never too many")
    func slow() {
        var policy = policy()
        for index in 0..<1000 {
            let isFine = policy.received(1, hasWorked: false, at: start + .seconds(10 * index))
            #expect(isFine)
        }
    }

    @Test("A way that is now longer, now shorter, makes no PING come too soon")
    func jitter() {
        var policy = policy()
        for index in 0..<1000 {
            let jitter = Duration.milliseconds(index % 2 == 0 ? 10 : 0)
            let arrival = start + .seconds(10 * index) + jitter
            #expect(policy.received(1, hasWorked: false, at: arrival) == true)
        }
    }

    @Test("A PING in good time takes one strike back")
    func lapse() {
        var policy = policy()
        var now = start
        for _ in 0..<100 {
            now = now + .seconds(10)
            #expect(policy.received(1, hasWorked: false, at: now) == true)
            now = now + .seconds(1)
            #expect(policy.received(1, hasWorked: false, at: now) == true)
        }
        // Two too soon for each in good time are more than lapses.
        var verdicts: [Bool] = []
        for _ in 0..<3 {
            for pause in [10, 1, 1] {
                now = now + .seconds(pause)
                verdicts.append(policy.received(1, hasWorked: false, at: now))
            }
        }
        #expect(verdicts.contains(false))
    }

    @Test("The third that comes too soon ends the connection")
    func fast() {
        var policy = policy()
        #expect(policy.received(1, hasWorked: false, at: start) == true)
        #expect(policy.received(1, hasWorked: false, at: start + .seconds(1)) == true)
        #expect(policy.received(1, hasWorked: false, at: start + .seconds(2)) == true)
        #expect(policy.received(1, hasWorked: false, at: start + .seconds(3)) == false)
    }

    @Test("Four at once are the first and three too soon")
    func atOnce() {
        var policy = policy()
        #expect(policy.received(3, hasWorked: false, at: start) == true)
        var other = self.policy()
        #expect(other.received(4, hasWorked: false, at: start) == false)
        var another = self.policy()
        #expect(another.received(Int.max, hasWorked: false, at: start) == false)
    }

    @Test("An answer in between takes the strikes back")
    func work() {
        var policy = policy()
        for _ in 0..<1000 {
            #expect(policy.received(2, hasWorked: false, at: start) == true)
            #expect(policy.received(1, hasWorked: true, at: start) == true)
        }
    }

    @Test("Without an interval none is too many")
    func off() {
        var policy = PingPolicy(minInterval: .zero, maxStrikes: 0)
        #expect(policy.received(1_000_000, hasWorked: false, at: start) == true)
    }
}

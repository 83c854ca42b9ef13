// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Testing

@testable import CheckEngine

@Suite("The circuit breaker")
struct CircuitBreakerTests {
    private func at(_ seconds: Int64) -> MonotonicTime {
        MonotonicTime(nanoseconds: seconds * 1_000_000_000)
    }

    private func tripped() -> CircuitBreaker {
        var breaker = CircuitBreaker(failureLimit: 3, delay: .seconds(10))
        for _ in 0..<3 { breaker.failed(at: at(0)) }
        return breaker
    }

    @Test(
        "It opens after so many failures in a row, and a success in between begins the count anew")
    func opens() {
        var breaker = CircuitBreaker(failureLimit: 3, delay: .seconds(10))
        for _ in 0..<5 {
            breaker.failed(at: at(0))
            breaker.failed(at: at(0))
            breaker.succeeded()
        }
        #expect(breaker.state == .closed)
        #expect(tripped().state == .open(until: at(10)))
        #expect(tripped().trips == 1)
    }

    @Test("Open, it lets nothing through until the delay is over, then one at a time")
    func trial() {
        var breaker = tripped()
        let early = breaker.admit(at: at(9))
        let first = breaker.admit(at: at(10))
        let second = breaker.admit(at: at(11))
        #expect([early, first, second] == [false, true, false])
        breaker.succeeded()
        #expect(breaker.state == .closed)
    }

    @Test("A trial that fails opens it again; one whose end is never told is followed by another")
    func failedTrial() {
        var breaker = tripped()
        _ = breaker.admit(at: at(10))
        breaker.failed(at: at(12))
        #expect(breaker.state == .open(until: at(22)))
        #expect(breaker.trips == 2)
        _ = breaker.admit(at: at(22))
        let other = breaker.admit(at: at(32))
        #expect(other)
    }

    @Test("A late success of an old call does not close it")
    func late() {
        var breaker = tripped()
        breaker.succeeded()
        #expect(breaker.state == .open(until: at(10)))
    }
}

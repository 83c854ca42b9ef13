// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import SystemIO
import Testing

@testable import VitalsChecks

@Suite("A circuit breaker around calls")
struct CircuitBreakerTests {
    private struct Failure: Error {}

    /// A clock that the test moves.
    private final class Clock: Sendable {
        private let milliseconds = Atomic<Int64>(0)

        func advance(by count: Int64) { milliseconds.add(count, ordering: .relaxed) }

        var now: MonotonicTime {
            MonotonicTime(nanoseconds: milliseconds.load(ordering: .relaxed) * 1_000_000)
        }
    }

    private let clock = Clock()

    private func makeBreaker() -> CircuitBreaker {
        CircuitBreaker(
            "db", failureLimit: 3, delay: .seconds(30),
            isFailure: { !($0 is CancellationError) }, clock: { [clock] in clock.now })
    }

    private func fail(_ breaker: CircuitBreaker, _ error: any Error = Failure()) {
        #expect(throws: (any Error).self) { try breaker.call { throw error } }
    }

    @Test(
        "It opens after failures in a row, refuses calls with when to come again, and closes by one that succeeds"
    )
    func cycle() throws {
        let breaker = makeBreaker()
        for _ in 0..<2 { fail(breaker) }
        #expect(try breaker.call { 1 } == 1)
        for _ in 0..<3 { fail(breaker) }
        #expect(breaker.state == .open && breaker.trips == 1)
        clock.advance(by: 10_000)
        #expect(throws: CircuitOpenError(name: "db", retryAfter: .seconds(20))) {
            try breaker.call { Issue.record("a call has gone through") }
        }
        clock.advance(by: 20_000)
        #expect(try breaker.call { breaker.state } == .halfOpen)
        #expect(breaker.state == .closed && breaker.trips == 1)
    }

    @Test("One trial goes through at a time, and its failure opens it again")
    func trial() throws {
        let breaker = makeBreaker()
        for _ in 0..<3 { fail(breaker) }
        clock.advance(by: 30_000)
        try breaker.admit()
        #expect(throws: CircuitOpenError(name: "db", retryAfter: nil)) { try breaker.admit() }
        breaker.failed()
        #expect(breaker.state == .open && breaker.trips == 2)
    }

    @Test("A cancellation says nothing of the target, and leaves the trial to the next call")
    func cancellation() throws {
        let breaker = makeBreaker()
        for _ in 0..<10 { fail(breaker, CancellationError()) }
        #expect(breaker.state == .closed)
        for _ in 0..<3 { fail(breaker) }
        clock.advance(by: 30_000)
        fail(breaker, CancellationError())
        #expect(breaker.state == .halfOpen)
        #expect(try breaker.call { "works" } == "works")
        #expect(breaker.state == .closed)
    }

    @Test("Asynchronous calls go through the same breaker")
    func asynchronous() async throws {
        let breaker = makeBreaker()
        #expect(
            try await breaker.call {
                await Task.yield()
                return 7
            } == 7)
        for _ in 0..<3 {
            await #expect(throws: Failure.self) {
                try await breaker.call { () async throws -> Int in throw Failure() }
            }
        }
        await #expect(throws: CircuitOpenError(name: "db", retryAfter: .seconds(30))) {
            try await breaker.call { () async throws -> Int in 1 }
        }
    }

    @Test("Calls of many threads at once neither trap nor lose a trip")
    func parallel() async {
        let breaker = makeBreaker()
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<200 {
                group.addTask {
                    _ = try? breaker.call { if index % 2 == 0 { throw Failure() } }
                }
            }
        }
        for _ in 0..<3 { try? breaker.call { throw Failure() } }
        #expect(breaker.state == .open && breaker.trips == 1)
    }
}

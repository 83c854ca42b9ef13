// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CoreMetrics
import Synchronization
import SystemIO

/// Stops calls to a target that fails, and lets one at a time try whether it works again.
///
/// ```
///   closed --failures in a row--> open --delay--> half-open --success--> closed
///                                   ^                 |
///                                   +-----failure-----+
/// ```
/// From any thread. While calls succeed it takes no lock. It counts with swift-metrics: the gauge `circuit_breaker_state` (0
/// closed, 1 half-open, 2 open) and the counter `circuit_breaker_trips`, both with the dimension `name`.
public final class CircuitBreaker: Sendable {
    /// Whether calls go through.
    public enum State: String, Sendable {
        /// All do.
        case closed
        /// One does, and decides.
        case halfOpen = "half-open"
        /// None does.
        case open
    }

    /// For logs and metrics.
    public let name: String
    private let breaker: Mutex<CheckEngine.CircuitBreaker>
    /// It is closed, and the latest call has not failed: then there is nothing to write down for a success.
    private let isQuiet = Atomic(true)
    private let isFailure: @Sendable (any Error) -> Bool
    private let clock: @Sendable () -> MonotonicTime
    private let gauge: Gauge
    private let counter: Counter

    /// A closed breaker, which opens after `failureLimit` failures in a row, for `delay`. `isFailure` says which errors are
    /// failures of the target: all but a cancellation, if nothing else is said.
    public convenience init(
        _ name: String, failureLimit: Int = 3, delay: Duration = .seconds(30),
        isFailure: @escaping @Sendable (any Error) -> Bool = { !($0 is CancellationError) }
    ) {
        self.init(
            name, failureLimit: failureLimit, delay: delay, isFailure: isFailure,
            clock: { .now() })
    }

    init(
        _ name: String, failureLimit: Int, delay: Duration,
        isFailure: @escaping @Sendable (any Error) -> Bool,
        clock: @escaping @Sendable () -> MonotonicTime
    ) {
        self.name = name
        self.isFailure = isFailure
        self.clock = clock
        breaker = Mutex(CheckEngine.CircuitBreaker(failureLimit: failureLimit, delay: delay))
        gauge = Gauge(label: "circuit_breaker_state", dimensions: [("name", name)])
        counter = Counter(label: "circuit_breaker_trips", dimensions: [("name", name)])
        gauge.record(0)
    }

    /// Whether calls go through. An open breaker is half-open only when a call has come after its delay.
    public var state: State { breaker.withLock { State($0.state) } }

    /// How often it has opened.
    public var trips: Int { breaker.withLock { $0.trips } }

    /// Calls `body` if calls go through, and takes note of whether it throws. Throws ``CircuitOpenError`` if they do not.
    public func call<Result>(_ body: () throws -> Result) throws -> Result {
        try admit()
        do {
            let result = try body()
            succeeded()
            return result
        } catch {
            ended(with: error)
            throw error
        }
    }

    /// The same for an asynchronous call. One that is cancelled says nothing about the target.
    public func call<Result>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Result
    ) async throws -> Result {
        try admit()
        do {
            let result = try await body()
            succeeded()
            return result
        } catch {
            ended(with: error)
            throw error
        }
    }

    // MARK: Calls that are no function

    /// Asks for a call. Throws when it does not go through; otherwise ``succeeded()`` or ``failed()`` has to follow.
    public func admit() throws(CircuitOpenError) {
        if isQuiet.load(ordering: .relaxed) { return }
        let now = clock()
        let refusal: CircuitOpenError? = change { breaker in
            if breaker.admit(at: now) { return nil }
            if case .open(let end) = breaker.state {
                return CircuitOpenError(name: name, retryAfter: max(.zero, end - now))
            }
            return CircuitOpenError(name: name, retryAfter: nil)
        }
        if let refusal { throw refusal }
    }

    /// A call that went through has succeeded.
    public func succeeded() {
        if isQuiet.load(ordering: .relaxed) { return }
        change { $0.succeeded() }
    }

    /// A call that went through has failed.
    public func failed() {
        let now = clock()
        change { $0.failed(at: now) }
    }

    private func ended(with error: any Error) {
        // What says nothing about the target still ends a trial: another one may follow at once.
        if isFailure(error) { failed() } else { abandoned() }
    }

    private func abandoned() {
        if isQuiet.load(ordering: .relaxed) { return }
        change { $0.abandoned() }
    }

    private func change<Result: Sendable>(
        _ body: (inout CheckEngine.CircuitBreaker) -> sending Result
    ) -> Result {
        breaker.withLock { breaker in
            let (state, trips) = (State(breaker.state), breaker.trips)
            let result = body(&breaker)
            isQuiet.store(breaker.isQuiet, ordering: .relaxed)
            let new = State(breaker.state)
            if new != state { gauge.record(new.number) }
            if breaker.trips > trips { counter.increment(by: breaker.trips - trips) }
            return result
        }
    }
}

extension CircuitBreaker.State {
    fileprivate init(_ state: CheckEngine.CircuitBreaker.State) {
        switch state {
        case .closed: self = .closed
        case .halfOpen: self = .halfOpen
        case .open: self = .open
        }
    }

    fileprivate var number: Int {
        switch self {
        case .closed: 0
        case .halfOpen: 1
        case .open: 2
        }
    }
}

/// A call that a circuit breaker did not let through.
public struct CircuitOpenError: Error, Equatable, CustomStringConvertible, Sendable {
    /// The breaker's name.
    public let name: String
    /// When a call will go through again; nil while another call tries.
    public let retryAfter: Duration?

    public var description: String {
        guard let retryAfter else { return "\(name) is being tried by another call" }
        return "\(name) has failed too often: it is tried again in \(retryAfter)"
    }
}

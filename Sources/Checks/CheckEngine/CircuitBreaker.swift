// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO

/// Stops calls to a target that fails, and lets one at a time try whether it works again. Pure.
///
/// ```
///   closed --failures in a row--> open --delay--> half-open --success--> closed
///                                   ^                 |
///                                   +-----failure-----+
/// ```
package struct CircuitBreaker: Equatable, Sendable {
    /// Whether calls go through.
    package enum State: Equatable, Sendable {
        /// All do.
        case closed
        /// None does until then.
        case open(until: MonotonicTime)
        /// One does, and decides.
        case halfOpen
    }

    /// Failures in a row that open it.
    package let failureLimit: Int
    /// How long it stays open.
    package let delay: Duration
    /// Whether calls go through.
    package private(set) var state = State.closed
    /// How often it has opened.
    package private(set) var trips = 0
    private var failures = 0
    /// The trial that is under way; another one begins when it has not ended by then.
    private var trialEnd: MonotonicTime?

    /// It is closed, and the latest call has not failed: a call that succeeds changes nothing.
    package var isQuiet: Bool { state == .closed && failures == 0 }

    /// A closed breaker.
    package init(failureLimit: Int = 3, delay: Duration = .seconds(30)) {
        self.failureLimit = max(1, failureLimit)
        self.delay = delay
    }

    /// Asks for a call. True when it goes through; then ``succeeded()``, ``failed(at:)`` or ``abandoned()`` has to follow.
    package mutating func admit(at now: MonotonicTime) -> Bool {
        switch state {
        case .closed: return true
        case .open(let end):
            guard now >= end else { return false }
            state = .halfOpen
            trialEnd = now + delay
            return true
        case .halfOpen:
            // A trial whose end was never told must not keep the breaker open for ever.
            if let trialEnd, now < trialEnd { return false }
            trialEnd = now + delay
            return true
        }
    }

    /// A call that went through has succeeded. While the breaker is open it is an old one, and says nothing.
    package mutating func succeeded() {
        if case .open = state { return }
        failures = 0
        trialEnd = nil
        state = .closed
    }

    /// A call that went through has failed.
    package mutating func failed(at now: MonotonicTime) {
        switch state {
        case .closed:
            failures += 1
            if failures >= failureLimit { open(at: now) }
        case .halfOpen: open(at: now)
        case .open: break
        }
    }

    /// A call that went through has ended, and says nothing about the target: another one may try.
    package mutating func abandoned() {
        if case .halfOpen = state { trialEnd = nil }
    }

    private mutating func open(at now: MonotonicTime) {
        failures = 0
        trips += 1
        trialEnd = nil
        state = .open(until: now + delay)
    }
}

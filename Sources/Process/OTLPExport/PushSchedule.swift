// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO

/// When to push: at fixed times, again after a failure that may pass, and a last time at the end.
///
/// A pure machine: time, results and chance in, actions out. Every push sends the newest values: they are sums since the
/// start, so that a push that failed has nothing that the next one lacks, and nothing is kept meanwhile.
///
/// ```
///   waiting --due--> pushing --delivered, or failed for good--> waiting (for the next fixed time)
///                       \--failed for now--> waiting (backoff, if that is sooner)
///   any --stop--> pushing (the last time) --> ended
/// ```
package struct PushSchedule {
    /// What the driver has to do next.
    package enum Action: Equatable, Sendable {
        /// Ask again at this time.
        case wait(until: MonotonicTime)
        /// Push, until this time at most, then tell the result.
        case push(until: MonotonicTime)
        /// Nothing, ever again.
        case end
    }

    /// How a push came out.
    package enum Result: Equatable, Sendable {
        case delivered
        /// It may work soon; not before this time has passed, if the collector says so.
        case failedForNow(retryAfter: Duration?)
        /// The same would fail again: what is wrong is no matter of time.
        case failedForGood
    }

    private enum State {
        case waiting(due: MonotonicTime, failures: Int)
        case pushing(failures: Int, isLast: Bool)
        case ended
    }

    /// Until the first push: so soon, since it shows whether the settings are right.
    static let firstDelay = Duration.seconds(1)
    /// Before the first repetition; doubled each time.
    static let firstBackoff = Duration.seconds(1)
    /// The longest of these waits.
    static let longestBackoff = Duration.seconds(32)
    /// A collector cannot ask for more.
    static let longestRetryAfter = Duration.seconds(3600)

    private let interval: Duration
    private let timeout: Duration?
    private var state: State
    /// The next of the fixed times. Repetitions do not move them, and those that pass during a push are left out.
    private var nextPush: MonotonicTime
    /// When everything has to be over; nil before the end.
    private var end: MonotonicTime?

    /// A schedule that begins at `now`. A push takes at most `timeout`, or as long as an interval without one.
    package init(interval: Duration, timeout: Duration?, from now: MonotonicTime) {
        self.interval = interval
        self.timeout = timeout
        nextPush = now + min(interval, Self.firstDelay)
        state = .waiting(due: nextPush, failures: 0)
    }

    /// Decides what to do now. A push that it asks for counts as begun: its result is due.
    package mutating func advance(to now: MonotonicTime) -> Action {
        guard case .waiting(let due, let failures) = state else { return .end }
        let limit = now + (timeout ?? interval)
        if let end {
            guard now < end else {
                state = .ended
                return .end
            }
            state = .pushing(failures: failures, isLast: true)
            return .push(until: min(limit, end))
        }
        if now < due { return .wait(until: due) }
        moveFixedTime(beyond: now)
        state = .pushing(failures: failures, isLast: false)
        return .push(until: limit)
    }

    /// A push has ended. `chance` is a number from 0 to 1: many clients must not come back at once.
    package mutating func pushed(_ result: Result, at now: MonotonicTime, chance: Double) {
        guard case .pushing(let failures, let isLast) = state else { return }
        if isLast {
            state = .ended
            return
        }
        moveFixedTime(beyond: now)
        guard case .failedForNow(let retryAfter) = result else {
            state = .waiting(due: nextPush, failures: 0)
            return
        }
        let wait = max(
            backoff(failures, chance), min(retryAfter ?? .zero, Self.longestRetryAfter))
        if now + wait < nextPush {
            state = .waiting(due: now + wait, failures: failures + 1)
        } else {
            moveFixedTime(beyond: now + wait)
            state = .waiting(due: nextPush, failures: 0)
        }
    }

    /// One more push from now on, if there is time until `end`. A push that goes on is not that one: its values may be old.
    package mutating func stop(by end: MonotonicTime) { self.end = end }

    private mutating func moveFixedTime(beyond now: MonotonicTime) {
        while nextPush <= now { nextPush = nextPush + interval }
    }

    /// From three quarters to five quarters of a wait that doubles.
    private func backoff(_ failures: Int, _ chance: Double) -> Duration {
        let wait = min(Self.firstBackoff * (1 << min(failures, 10)), Self.longestBackoff)
        return wait * (0.75 + min(max(chance, 0), 1) / 2)
    }
}

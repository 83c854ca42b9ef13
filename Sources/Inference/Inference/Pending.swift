// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Synchronization
import SystemIO

/// Something that a task waits for, but not forever: of its value, the deadline and a cancellation the first
/// counts.
///
/// ```
///   open -> awaited -> over
///     \----------------^
/// ```
package final class Pending<Value: Sendable>: Sendable {
    /// What the wait came to.
    package enum Outcome: Sendable {
        case value(Value)
        case deadlinePassed
        case cancelled
    }

    private enum State {
        case open
        case awaited(CheckedContinuation<Outcome, Never>)
        case over(Outcome)
    }

    /// A wait that has not begun.
    package init() {}

    private let state = Mutex(State.open)

    /// Ends the wait; false when it has ended already. From any thread.
    @discardableResult
    package func resolve(_ outcome: Outcome) -> Bool {
        let (isFirst, continuation) = state.withLock { state in
            switch state {
            case .over: return (false, nil as CheckedContinuation<Outcome, Never>?)
            case .open:
                state = .over(outcome)
                return (true, nil)
            case .awaited(let continuation):
                state = .over(outcome)
                return (true, continuation)
            }
        }
        continuation?.resume(returning: outcome)
        return isFirst
    }

    /// Waits, once. `loop` looks at the clock.
    package func outcome(until deadline: MonotonicTime, on loop: EventLoop) async -> Outcome {
        let alarm = Alarm(on: loop, at: deadline) { [self] in resolve(.deadlinePassed) }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { wait(with: $0) }
        } onCancel: {
            resolve(.cancelled)
        }
        alarm.cancel()
        return outcome
    }

    private func wait(with continuation: CheckedContinuation<Outcome, Never>) {
        let early: Outcome? = state.withLock { state in
            if case .over(let outcome) = state { return outcome }
            state = .awaited(continuation)
            return nil
        }
        if let early { continuation.resume(returning: early) }
    }
}

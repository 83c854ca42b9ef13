// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
import Synchronization
package import SystemIO

/// A value that one task waits for, with a deadline. Of the value, the deadline and a cancellation the first one counts.
///
/// ```
///   open -> awaited -> resolved
///     \----------------^
/// ```
package final class Pending<Value: Sendable>: Sendable {
    /// How the wait ended.
    package enum Outcome: Sendable {
        case value(Value)
        case deadlinePassed
        case cancelled
    }

    private enum State {
        case open
        case awaited(CheckedContinuation<Outcome, Never>)
        case resolved(Outcome)
    }

    private let state = Mutex(State.open)

    /// A wait that has not begun.
    package init() {}

    /// Ends the wait; false when it has ended already. From any thread.
    @discardableResult
    package func resolve(_ outcome: Outcome) -> Bool {
        let (isFirst, continuation) = state.withLock { state in
            switch state {
            case .resolved: return (false, nil as CheckedContinuation<Outcome, Never>?)
            case .open:
                state = .resolved(outcome)
                return (true, nil)
            case .awaited(let continuation):
                state = .resolved(outcome)
                return (true, continuation)
            }
        }
        continuation?.resume(returning: outcome)
        return isFirst
    }

    /// Waits; once. `loop` has the timer.
    package func outcome(until deadline: MonotonicTime, on loop: EventLoop) async -> Outcome {
        let alarm = Alarm(on: loop, at: deadline) { [self] in resolve(.deadlinePassed) }
        let outcome = await outcome()
        alarm.cancel()
        return outcome
    }

    /// Waits without a deadline; once.
    package func outcome() async -> Outcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { wait(with: $0) }
        } onCancel: {
            resolve(.cancelled)
        }
    }

    private func wait(with continuation: CheckedContinuation<Outcome, Never>) {
        let early: Outcome? = state.withLock { state in
            if case .resolved(let outcome) = state { return outcome }
            state = .awaited(continuation)
            return nil
        }
        if let early { continuation.resume(returning: early) }
    }
}

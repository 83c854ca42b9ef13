// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import ChildProcesses
import SystemIO

@testable import Supervision

/// A supervisor's state with a clock that a test sets.
struct Life {
    var state: SupervisorState
    var now = MonotonicTime(nanoseconds: 1_000_000_000)

    init(_ policy: SupervisionPolicy = SupervisionPolicy(), terminal: TerminalRole = .none) {
        state = SupervisorState(policy, terminal: terminal)
    }

    /// What follows from an event, now or after a time.
    mutating func receive(
        _ event: SupervisionEvent, after time: Duration = .zero
    ) -> [SupervisionAction] {
        now = now + time
        return state.receive(event, at: now, jitter: 0)
    }

    /// Starts it as this process.
    mutating func run(_ process: CInt = 100) {
        _ = state.start()
        _ = receive(.spawned(process))
    }

    /// Lets the next start come, if one is awaited.
    mutating func restart(_ process: CInt) {
        _ = wake()
        _ = receive(.spawned(process))
    }

    /// Lets its deadline come; nil when it has none.
    mutating func wake() -> [SupervisionAction]? {
        guard let deadline = state.deadline else { return nil }
        now = max(now, deadline)
        return receive(.deadlineReached)
    }
}

/// The last words of a process that ended so.
func words(_ end: ProcessEnd, of process: CInt = 100, kills: UInt64? = 0) -> LastWords {
    LastWords(
        process: process, end: end, usage: ProcessUsage(), lifetime: .seconds(1), memoryKills: kills
    )
}

/// A policy with changes.
func policy(_ change: (inout SupervisionPolicy) -> Void) -> SupervisionPolicy {
    var policy = SupervisionPolicy()
    change(&policy)
    return policy
}

extension SupervisionAction {
    /// It sends a signal.
    var isSignal: Bool {
        if case .signal = self { return true }
        return false
    }
}

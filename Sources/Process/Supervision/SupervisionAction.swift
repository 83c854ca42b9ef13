// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import ChildProcesses

/// What a `SupervisorState` has its caller do, in this order.
package enum SupervisionAction: Equatable, Sendable {
    /// Start the command; the answer is `.spawned` or `.spawnFailed`.
    case spawn
    case signal(CInt, SignalTarget)
    /// Take the terminal back, and stop as the command has: a shell sees to the rest. Where none would, `.signal` comes
    /// instead.
    case suspendOurselves
    /// Give the terminal to the process group of the command, if it is ours to give.
    case giveTerminal(CInt)
    /// From now on look whether anything is left, until `.emptied` can be told.
    case awaitOthers(group: CInt)
    case announce(SupervisionNews)
    /// End with this status. The last action of all.
    case exit(CInt)
}

/// Whom a signal is for.
package enum SignalTarget: Equatable, Sendable {
    case process(CInt)
    case group(CInt)
    /// A command that has ended: what is left of its group, or else all orphans that came to us.
    case remains(group: CInt)
}

/// What people and metrics are told.
package enum SupervisionNews: Equatable, Sendable {
    /// The command runs; `restarts` came before.
    case started(process: CInt, restarts: Int)
    case startFailed(ChildStartError)
    /// It ended, and this comes next.
    case ended(LastWords, Sequel)
    /// Its end is asked for; `byRequest` of a signal or else for its health, and then of a signal as well if one follows. It may
    /// take this long.
    case stopping(byRequest: Bool, within: Duration)
    /// It did not end in time, and is killed with its group.
    case killed
    /// Nothing of it ends, not even when it was killed: it hangs in the kernel.
    case abandoned
    /// With `waitsForAll`: all others have ended as well.
    case emptied(Sequel)
    case suspended(signal: CInt)
    case resumed

    /// What follows an end.
    package enum Sequel: Equatable, Sendable {
        case restart(after: Duration)
        /// It would be started again, but that was done too often.
        case budgetUsedUp
        case exit
        /// We wait for others of its group.
        case others
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import ChildProcesses

/// What a SupervisorState is told.
package enum SupervisionEvent: Equatable, Sendable {
    case spawned(CInt)
    case spawnFailed(ChildStartError)
    /// The command ended; others of its group may be left.
    case ended(LastWords)
    /// With `waitsForAll`: nothing is left of what the command had started.
    case emptied
    /// A signal has stopped the command, and its terminal (if it has one) is ours to give back.
    case suspended(signal: CInt)
    case resumed
    /// Somebody sent us a signal.
    case signalled(CInt)
    case healthChanged(isHealthy: Bool)
    /// The moment of SupervisorState/deadline has come.
    case deadlineReached
}

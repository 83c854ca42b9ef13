// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol

/// Whether a process takes calls, in the words of registries.
package enum Availability: String, Sendable {
    /// It has not yet been healthy.
    case starting
    case available
    case unavailable
    /// It is about to stop: it serves what has begun, and wants nothing new.
    case draining
}

extension Board.Snapshot {
    /// What the verdicts come to, for those who look for a process to call. Readiness decides; without a rule for it the whole
    /// server, and without that everything on the board.
    package var availability: Availability {
        let verdict =
            verdict(of: HealthName.readiness) ?? verdict(of: HealthName.server)
            ?? evaluate(.all(entries.keys.map { .outcome($0) }))
        // The mirror of a reporter knows of a drain by the verdict alone; other causes may stand before it in a verdict.
        if !verdict.isServing, verdict.outcome.code == .draining || isDraining { return .draining }
        if verdict.isServing, !entries.isEmpty { return .available }
        let hasStarted = self.verdict(of: HealthName.startup)?.isServing ?? true
        return hasStarted ? .unavailable : .starting
    }
}

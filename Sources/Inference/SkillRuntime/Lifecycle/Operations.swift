// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops

/// What operators and the service manager have asked a runtime for. Belongs to its control loop.
struct Operations {
    /// How far its end has come.
    var drain = DrainState()
    /// Looks for clients that are left.
    var drainTimer: TimerID?
    /// Ends each drill that is on.
    var drillTimers: [Drill.Target: TimerID] = [:]
    /// Ends the pushes of metrics with a last one; nil where there are none.
    var lastPush: LastPush?
    /// Zero unless calls were cut off; for the process to exit with.
    var exitCode: CInt = 0
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol

extension OutcomeName {
    /// Healthy until the drain begins.
    package static let draining: OutcomeName = "draining"
}

extension Outcome {
    /// The drain has begun.
    package static let draining = Outcome(.unhealthy, .draining, reason: "draining")
    /// The grace period is over: no request is taken any more, those under way may finish.
    package static let stopping = Outcome(.unhealthy, .draining, reason: "stopping")
    /// The drain is over.
    package static let stopped = Outcome(.unhealthy, .draining, reason: "stopped")
}

extension Board.Snapshot {
    /// The server is about to stop, or has stopped.
    package var isDraining: Bool { outcome(of: .draining)?.state.canServe == false }

    /// No request is taken any more.
    package var isStopping: Bool {
        let outcome = outcome(of: .draining)
        return outcome == .stopping || outcome == .stopped
    }
}

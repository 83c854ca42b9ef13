// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// When a supervised command is started again.
package enum RestartPolicy: String, CaseIterable, Sendable {
    case no
    /// It was ended by a signal, or exited with another status than 0.
    case onFailure = "on-failure"
    /// Also when its health is lost: it is stopped first.
    case onUnhealthy = "on-unhealthy"
    /// Also when it exited with 0.
    case always
}

/// What decides about the life of a supervised command.
package struct SupervisionPolicy: Equatable, Sendable {
    package var restart = RestartPolicy.no
    package var backoff = RestartBackoff()
    package var budget = RestartBudget()
    /// An unhealthy command is stopped, and then so are we, with a status that is not 0.
    package var exitsOnUnhealthy = false
    /// So long after each start bad health is no reason to stop the command, until it has been healthy once.
    package var startPeriod = Duration.seconds(30)
    /// What asks the command to end. Receiving it begins a stop, as SIGTERM does.
    package var stopSignal: CInt = SIGTERM
    /// From then until its group is killed. Docker kills after 10 s.
    package var stopTimeout = Duration.seconds(8)
    /// Signals go to its process group, and not to it alone.
    package var signalsGroup = false
    /// We end when all that it has started has ended, and not with it.
    package var waitsForAll = false

    /// The defaults.
    package init() {}
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Registering
import StatusBoard

/// The outcomes that the wrapper reports itself, beside those of checks.
extension OutcomeName {
    /// Whether the command runs.
    static let command: OutcomeName = "command"
    /// Whether the command has said that it is ready, if it says such things.
    static let ready: OutcomeName = "ready"
    /// Whether the command says in time that it is alive.
    static let watchdog: OutcomeName = "watchdog"
    /// Healthy once the command has been ready, whatever comes later.
    static let startup: OutcomeName = "startup"
    /// Whether the command may be started again; only once it was not. No health name follows from it.
    static let restarts: OutcomeName = "restarts"
    /// What the command's metrics are like. No health name follows from it.
    static let scrape: OutcomeName = "scrape"

    /// Those whose names no configured check may have; `port` is the check of --port.
    static let ofWrapper: [OutcomeName] = [
        .draining, .command, .ready, .watchdog, .startup, .restarts, .scrape, .registry,
    ]
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// How many restarts may be made in a time; when they are used up, the next end of the command is ours.
package struct RestartBudget: Equatable, Sendable {
    package var count = 5
    package var window = Duration.seconds(600)

    /// The defaults.
    package init() {}
}

/// The restarts of a budget that were made.
struct RestartRecord {
    private var made: [MonotonicTime] = []

    /// Takes one from the budget; false when it is used up.
    mutating func take(from budget: RestartBudget, at now: MonotonicTime) -> Bool {
        made.removeAll { now - $0 >= budget.window }
        guard made.count < budget.count else { return false }
        made.append(now)
        return true
    }
}

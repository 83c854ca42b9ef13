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

    /// Whether one at this time is still within the budget.
    mutating func allows(_ time: MonotonicTime, in budget: RestartBudget) -> Bool {
        made.removeAll { time - $0 >= budget.window }
        return made.count < budget.count
    }

    /// Counts one that is made now.
    mutating func add(_ time: MonotonicTime) { made.append(time) }
}

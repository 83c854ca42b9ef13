// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO

/// How many restarts may be made in a time; when they are used up, the next end of the command is ours.
package struct RestartBudget: Equatable, Sendable {
    package var count = 5
    package var window = Duration.seconds(600)

    /// The defaults.
    package init() {}
}

/// What is left of a budget of restarts at one moment.
package struct RestartAllowance: Equatable, Sendable {
    /// Restarts that may be made now; with none, the next end of the command is ours.
    package let left: Int
    package let budget: RestartBudget
    /// When the first of those that were made counts no more; nil when none counts.
    package let nextReturn: MonotonicTime?

    /// What is left.
    package init(left: Int, budget: RestartBudget, nextReturn: MonotonicTime?) {
        self.left = left
        self.budget = budget
        self.nextReturn = nextReturn
    }
}

/// The restarts of a budget that were made.
struct RestartRecord {
    private var made: [MonotonicTime] = []

    /// Whether one at this time is still within the budget.
    mutating func allows(_ time: MonotonicTime, in budget: RestartBudget) -> Bool {
        made.removeAll { time - $0 >= budget.window }
        return made.count < budget.count
    }

    /// What is left of a budget at this time.
    func allowance(at time: MonotonicTime, of budget: RestartBudget) -> RestartAllowance {
        let counted = made.filter { time - $0 < budget.window }
        return RestartAllowance(
            left: max(0, budget.count - counted.count), budget: budget,
            nextReturn: counted.first.map { $0 + budget.window })
    }

    /// Counts one that is made now.
    mutating func add(_ time: MonotonicTime) { made.append(time) }
}

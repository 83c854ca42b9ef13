// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Explaining
import Flags
import StatusBoard
import StatusPages
import Supervision
import SystemIO

/// What `healthcheck explain` is told: why each name is what it is, and how the command runs.
struct CommandExplanation {
    let explanation: Explanation

    init(
        _ snapshot: Board.Snapshot, _ history: ChangeHistory, _ supervisor: Supervisor,
        started: MonotonicTime, last: Duration?
    ) {
        let clock = PageClock.read()
        var explanation = Explanation(snapshot, history, last: last, at: clock)
        explanation.sections = [
            Explanation.Section(
                title: "the command",
                lines: [
                    supervisor.process.map { "runs as process \($0)" } ?? "does not run now",
                    "healthcheck runs for \((clock.now - started).words)",
                    Self.restarts(supervisor.restarts, supervisor.allowance, at: clock.now),
                ])
        ]
        self.explanation = explanation
    }

    /// How often it was started again, and may be.
    static func restarts(
        _ count: Int, _ allowance: RestartAllowance?, at now: MonotonicTime
    ) -> String {
        let made = "restarts: \(count)"
        guard let allowance else { return made + "; it is not started again (--restart no)" }
        let budget = allowance.budget
        let left =
            "\(made); \(allowance.left) of \(budget.count) in \(budget.window.words) are left"
        guard let time = allowance.nextReturn, allowance.left < budget.count else { return left }
        return left + ", one more in \(max(.zero, time - now).words)"
    }
}

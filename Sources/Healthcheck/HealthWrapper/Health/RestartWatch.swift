// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Flags
import HealthProtocol
import StatusBoard
import Supervision
import SystemIO

/// Says on the board that the budget of restarts is used up, while it is. No health name follows from it: the command serves as
/// before, but its next end is that of the container. Belongs to the loop.
final class RestartWatch {
    private let board: Board
    private let loop: EventLoop
    private let allowance: () -> RestartAllowance?
    private var isUsedUp = false

    init(board: Board, on loop: EventLoop, _ allowance: @escaping () -> RestartAllowance?) {
        self.board = board
        self.loop = loop
        self.allowance = allowance
    }

    /// Takes news of the supervisor.
    func take(_ news: SupervisionNews) {
        if case .started = news { look() }
    }

    private func look() {
        guard let allowance = allowance() else { return }
        let isUsedUp = allowance.left == 0
        if isUsedUp != self.isUsedUp {
            self.isUsedUp = isUsedUp
            board.report(isUsedUp ? .usedUp(allowance.budget) : .healthy, for: .restarts)
        }
        guard isUsedUp, let time = allowance.nextReturn else { return }
        _ = loop.schedule(at: time) { [weak self] in self?.look() }
    }
}

extension Outcome {
    /// No restart is left in a budget.
    static func usedUp(_ budget: RestartBudget) -> Outcome {
        Outcome(
            .degraded, .stalled,
            reason:
                "the budget of restarts is used up (\(budget.count) in \(budget.window.goText)): healthcheck ends when the command "
                + "ends again; find out why it ends, or allow more by --restart-budget")
    }
}

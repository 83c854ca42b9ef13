// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import CheckSettings
import EventLoops
import Logging
import StatusBoard
import Supervision

/// The checks of the command. They begin anew with each start of it: what was found of an earlier one says nothing about this
/// one. Belongs to the loop.
final class ChildChecks {
    private let settings: [CheckSetting]
    private let board: Board
    private let checks: ConfiguredChecks?

    init(_ settings: [CheckSetting], board: Board, on loop: EventLoop, logger: Logger) {
        self.settings = settings
        self.board = board
        checks = ConfiguredChecks(settings, board: board, on: loop, logger: logger)
    }

    /// Takes news of the supervisor.
    func take(_ news: SupervisionNews) {
        switch news {
        case .started:
            var outcomes: [OutcomeName: Outcome?] = [:]
            for setting in settings { outcomes[.check(setting.definition.name)] = .unknown }
            board.report(outcomes)
            checks?.start()
        case .ended(_, .others): break  // what it has left behind may be what serves
        case .ended, .emptied, .startFailed: stop()
        case .stopping, .killed, .abandoned, .suspended, .resumed: break
        }
    }

    /// Ends all runs.
    func stop() { checks?.stop() }
}

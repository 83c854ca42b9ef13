// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
package import CheckScheduling
package import EventLoops
package import Logging
package import StatusBoard

/// Runs the checks of the settings on the control loop, and puts what they say on the status board.
package final class ConfiguredChecks {
    private let settings: [CheckSetting]
    private let loop: EventLoop
    private let logger: Logger
    private let reporter: CheckReporter
    private var scheduler: CheckScheduler?

    /// Checks that do not run yet; nil when there are none.
    package init?(_ settings: [CheckSetting], board: Board, on loop: EventLoop, logger: Logger) {
        if settings.isEmpty { return nil }
        self.logger = logger
        self.settings = settings
        self.loop = loop
        reporter = CheckReporter(to: board)
    }

    /// Begins.
    package func start() {
        let scheduler = CheckScheduler(on: loop) { [reporter] in reporter.report($0) }
        self.scheduler = scheduler
        let context = CheckContext(on: loop)
        for setting in settings.inOrder {
            do throws(CheckTableError) {
                try scheduler.add(setting.definition, setting.kind.makeRunner(context))
            } catch {
                // Not by settings, which were examined for that.
                logger.error("check not started", metadata: ["reason": "\(error.text)"])
            }
        }
        // When they will run first.
        reporter.report(scheduler.checks)
    }

    /// Real requests have shown that the targets of these checks work.
    package func succeeded(_ isMeant: (any CheckKind) -> Bool) {
        for setting in settings where isMeant(setting.kind) {
            scheduler?.succeeded(setting.definition.name)
        }
    }

    /// Ends all runs.
    package func stop() {
        scheduler?.stop()
        scheduler = nil
    }
}

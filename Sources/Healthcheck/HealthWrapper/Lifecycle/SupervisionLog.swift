// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import ChildProcesses
import Flags
import Logging
import Supervision
import SystemIO

/// Tells the log what happens to the command.
struct SupervisionLog {
    let logger: Logger

    /// One line of the log for each piece of news.
    func take(_ news: SupervisionNews) {
        switch news {
        case .started(let process, let restarts):
            logger.info(
                restarts == 0 ? "the command runs" : "the command runs again",
                metadata: [
                    "process": .stringConvertible(process),
                    "restarts": .stringConvertible(restarts),
                ])
        case .startFailed(let error):
            logger.error("cannot start the command", metadata: ["reason": "\(error.failure.text)"])
        case .ended(let words, let sequel): ended(words, sequel)
        case .stopping(let byRequest, let limit):
            logger.notice(
                byRequest ? "stopping the command" : "stopping the command: it is unhealthy",
                metadata: ["within": "\(limit.goText)"])
        case .killed: logger.error("the command did not end in time, and is killed")
        case .abandoned:
            logger.error("the command does not end even now that it was killed: it is left behind")
        case .emptied: logger.notice("all that the command had started has ended")
        case .suspended: logger.notice("the command was suspended")
        case .resumed: logger.notice("the command goes on")
        }
    }

    private func ended(_ words: LastWords, _ sequel: SupervisionNews.Sequel) {
        var metadata: Logger.Metadata = [
            "ran": "\(words.lifetime.goText)", "user time": "\(words.usage.userTime.goText)",
            "system time": "\(words.usage.systemTime.goText)",
            "peak memory": "\(words.usage.peakMemory >> 20) MiB",
        ]
        var level = Logger.Level.notice
        switch sequel {
        case .restart(let wait):
            metadata["next"] = "it is started again in \(wait.goText)"
            level = .warning
        case .budgetUsedUp:
            metadata["next"] = "the budget of restarts is used up (--restart-budget)"
            level = .error
        case .others: metadata["next"] = "others that it has started are waited for"
        case .exit: break
        }
        logger.log(level: level, "\(words.sentence)", metadata: metadata)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckSettings
import EventLoops
import Logging
import NetworkChecks
import OpenAIBackend
import SkillServices
import StatusBoard
import SystemIO

/// The server that runs the models: what it answers to questions for its health is an outcome. Belongs to the control
/// loop.
final class UpstreamWatch {
    /// How backends reach it.
    let access: UpstreamAccess
    private let health: UpstreamHealth
    private let logger: Logger
    /// Until when answers were counted.
    private var countTime = MonotonicTime.now()

    init(_ access: UpstreamAccess, on control: EventLoop, state: RuntimeState) {
        self.access = access
        self.logger = state.logger
        health = access.health(on: control) { [board = state.board] health in
            board.report(Outcome(health), for: .modelServer)
        }
    }

    /// Asks now, and again and again from then on; before the loop runs, or on it.
    func start(on control: EventLoop) {
        logger.info("a model server answers the requests", metadata: ["url": "\(access.url.text)"])
        let bound = LoopBound(health, on: control)
        control.post { bound.value.start() }
    }

    /// Counts what a model has answered since the last time as runs that passed, of checks of the same model: while there are
    /// requests, these spend no tokens.
    func countAnswers(for checks: ConfiguredChecks) {
        let since = countTime
        countTime = .now()
        checks.succeeded { kind in
            guard let check = kind as? LLMCheck else { return false }
            return UpstreamURL(check.baseURL) == access.url
                && access.calls.hasText(of: check.model, since: since)
        }
    }

    /// Reads the files of the API key and the CAs again when it is called, on the loop of the files. It returns what is
    /// wrong with them; nil when nothing is.
    var reload: @Sendable () -> String? {
        { [access, logger] in
            do throws(UpstreamAccess.Failure) {
                try access.reload()
                logger.notice("the model server's key and CAs were read again")
                return nil
            } catch {
                logger.error(
                    "the model server's key and CAs were not read again",
                    metadata: ["reason": "\(error.text)", "in force": "those read before"])
                return error.text
            }
        }
    }
}

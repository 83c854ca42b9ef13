// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
import DiscoverySettings
import EventLoops
import GRPCHealth
import Logging
import Scraping
import StatusBoard
import StatusPages
import SystemIO

/// What the parts of the wrapper share: the board, and those who follow it. Belongs to the loop.
final class WrapperState {
    let board: Board
    let reporter = HealthReporter()
    let history = ChangeRecorder()
    let changes = HealthChanges()
    private let verdictLog: VerdictLog
    private let view: BoardView
    private let loop: EventLoop
    private var logTimer: TimerID?
    let logger: Logger
    /// How the command is called on the status page.
    let name: String
    /// What the command is called on the pages for programs, and in registries.
    let identity: ServiceIdentity
    let startTime: MonotonicTime

    /// The state of a command called `name`; registries may have it under another one.
    init(
        _ health: WrapperHealth, name: String, _ registration: RegistrationOptions,
        startTime: MonotonicTime, on loop: EventLoop, _ logger: Logger
    ) {
        self.loop = loop
        self.name = name
        let given = registration.serviceName
        identity = ServiceIdentity(
            // The name of a program may have any characters.
            service: given.isEmpty ? RegistrationOptions.validName(name) : given,
            version: Vitals.version, start: startTime)
        self.startTime = startTime
        self.logger = logger
        let (reporter, history, changes) = (reporter, history, changes)
        let verdictLog = VerdictLog(logger)
        self.verdictLog = verdictLog
        board = Board(
            rules: health.rules, outcomes: health.firstOutcomes,
            publisher: { snapshot in
                changes.take(snapshot)
                reporter.publish(snapshot)
                history.take(snapshot)
            },
            observers: [{ snapshot, _ in verdictLog.take(snapshot) }])
        view = board.makeView(on: loop)
    }

    /// Tells the log of the verdict from now on.
    func beginLog() {
        verdictLog.begin(board.snapshot)
        _ = view.subscribe { [weak self] in self?.lookLater() }
    }

    /// The log is told of causes once a second at most, and of the latest always: that may be due later.
    private func lookLater() {
        guard logTimer == nil else { return }
        logTimer = loop.schedule(at: .now() + VerdictLog.minPause) { [weak self] in
            guard let self else { return }
            self.logTimer = nil
            self.verdictLog.take(self.board.snapshot)
        }
    }
}

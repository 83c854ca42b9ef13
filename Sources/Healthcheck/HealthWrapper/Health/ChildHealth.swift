// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import ChildProcesses
import EventLoops
import HealthProtocol
import StatusBoard
import Supervision
import SystemIO

/// Reports how the command is, from the news of its supervisor and from what it says itself, and judges whether its health
/// ends it. Belongs to the loop.
final class ChildHealth {
    private let board: Board
    private let view: BoardView
    private let loop: EventLoop
    private let judgement: VerdictRule
    private let readiness: VerdictRule
    private var reports: ChildReports
    private var timer: TimerID?
    private var hasStarted = false
    private var isRunning = false
    /// What the supervisor was told last; nil since the command was started.
    private var told: Bool?
    /// Called when the health of the command becomes good or bad.
    var onChange: (_ isHealthy: Bool) -> Void = { _ in }

    init(_ health: WrapperHealth, _ options: WrapperOptions, board: Board, on loop: EventLoop) {
        self.board = board
        self.loop = loop
        view = board.makeView(on: loop)
        judgement = health.judgement(of: options.judgedGroup)
        readiness = health.judgement(of: HealthName.readiness)
        reports = ChildReports(
            waitsForReady: options.health.waitsForReady, watchdog: options.health.watchdog)
        _ = view.subscribe { [weak self] in self?.judge() }
    }

    /// The command is being stopped: balancers should send it no new work.
    func stopBegan() { board.report(.draining, for: .draining) }

    /// Takes news of the supervisor.
    func take(_ news: SupervisionNews) {
        switch news {
        case .started:
            told = nil
            isRunning = true
            reports.started(at: .now())
            report(command: .healthy)
        case .startFailed(let error):
            isRunning = false
            report(command: .notRunning("the command could not be started: \(error.failure.text)"))
        case .ended(_, .others): break  // what it has left behind may be what serves
        case .ended(let words, let sequel):
            isRunning = false
            reports.ended()
            report(command: .notRunning("\(words.sentence)\(sequel.sentence)"))
        case .suspended: report(command: .suspended)
        case .resumed: report(command: .healthy)
        case .stopping(let byRequest, _): if byRequest { stopBegan() }
        case .emptied:
            isRunning = false
            reports.ended()
            report(command: .notRunning("all that the command had started has ended"))
        case .killed, .abandoned: break
        }
    }

    /// Takes what the command says.
    func take(_ notification: ChildNotification) {
        reports.received(notification, at: .now())
        report()
    }

    private func report(command: Outcome? = nil) {
        var outcomes: [OutcomeName: Outcome?] = [.ready: reports.ready]
        if let command { outcomes[.command] = command }
        if let alive = reports.alive { outcomes[.watchdog] = alive }
        board.report(outcomes)
        setTimer()
    }

    private func setTimer() {
        if let timer { loop.cancel(timer) }
        timer = reports.deadline.map { deadline in
            loop.schedule(at: deadline) { [weak self] in
                guard let self else { return }
                self.timer = nil
                if self.reports.advance(to: .now()) { self.report() } else { self.setTimer() }
            }
        }
    }

    private func judge() {
        let snapshot = board.snapshot
        // Also one that was stopped by a signal: a person at a terminal is the supervisor's to know.
        guard isRunning else { return }
        if !hasStarted, snapshot.evaluate(readiness).isServing {
            hasStarted = true
            board.report(.healthy, for: .startup)
        }
        // What is not known yet is no reason for anything.
        let state = snapshot.evaluate(judgement).outcome.state
        guard state != .unknown, told != state.canServe else { return }
        told = state.canServe
        onChange(state.canServe)
    }
}

extension LastWords {
    /// What happened, for people.
    var sentence: String {
        switch end {
        case .exited(let status): "the command exited with \(status)"
        case .killed(let signal, _):
            "the command was killed by signal \(signal)"
                + (isOutOfMemory ? ", out of memory" : "")
        case .lost: "the command ended"
        }
    }
}

extension SupervisionNews.Sequel {
    /// What follows, behind the end of a sentence.
    fileprivate var sentence: String {
        switch self {
        case .restart: ", and is started again"
        case .budgetUsedUp: ", and the budget of restarts is used up"
        case .exit, .others: ""
        }
    }
}

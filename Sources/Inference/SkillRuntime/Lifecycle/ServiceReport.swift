// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import ServiceNotify
import SkillServices
import StatusBoard
import SystemIO

/// Tells the service manager how the runtime is, from the same status board as every client. Belongs to the control loop.
final class ServiceReport {
    private let notifier: ServiceNotifier
    private let state: RuntimeState
    private let view: BoardView
    /// What the watchdog is fed for.
    private let alive: VerdictRule
    /// The status that the manager has.
    private var told = ""
    private var hasEnded = false
    private var reloads = 0

    /// What a drain needs beyond its deadline, to end the process.
    private static let stopMargin = Duration.seconds(2)

    /// Before the loop runs, or on it.
    init(
        _ settings: NotifySettings, alive: VerdictRule, on control: EventLoop, state: RuntimeState
    ) throws(SystemCallError) {
        notifier = try ServiceNotifier(settings, on: control, logger: state.logger)
        self.state = state
        self.alive = alive
        view = state.board.makeView(on: control)
    }

    /// The runtime listens: from now on its status is told, and that it is alive.
    func start() {
        told = status
        notifier.send(.ready(status: told))
        _ = view.subscribe { [weak self] in self?.tellStatus() }
        notifier.feedWatchdog { [weak self] in self?.isAlive == true }
    }

    /// A reload begins.
    func reloadBegan() {
        reloads += 1
        if !hasEnded { notifier.send(.reloading(at: .now())) }
    }

    /// A reload is done, whatever came of it.
    func reloadEnded() {
        reloads -= 1
        guard reloads == 0, !hasEnded else { return }
        told = status
        notifier.send(.ready(status: told))
    }

    /// The end has begun and cannot be taken back; it takes so long at most.
    func end(within limit: Duration) {
        if hasEnded { return }
        hasEnded = true
        told = status
        notifier.send(.stopping(status: told, within: limit + Self.stopMargin))
    }

    private func tellStatus() {
        let status = status
        if status == told { return }
        told = status
        notifier.send(.status(status))
    }

    /// A drain is no reason to end the process early: the phase does not count.
    private var isAlive: Bool {
        view.snapshot.evaluate(alive).isServing
    }

    private var status: String {
        guard let verdict = state.board.snapshot.verdict(of: HealthName.readiness) else {
            return ""
        }
        return verdict.isServing ? "Serving" : "Not serving: \(verdict.outcome.text)"
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import ChildProcesses
package import SystemIO

/// The life of a supervised command, without processes and without a clock: events in, actions out.
///
///     idle -> starting -> running -> stopping -> waiting -> starting -> ...
///                                            \-> ended
///
/// A command is running until nothing is left that we wait for. There is one at most at any time.
package struct SupervisorState {
    private enum Phase: Equatable {
        case idle
        /// The start was ordered; these signals came meanwhile.
        case starting(signals: [CInt])
        case running(SupervisedRun)
        case stopping(SupervisedRun, Stop)
        /// For the time of the next start.
        case waiting(until: MonotonicTime)
        case ended
    }

    /// Why a command was asked to end, and until when it may.
    private struct Stop: Equatable {
        enum Sequel: Equatable { case exit, exitFailed, restart }

        var sequel: Sequel
        /// When its patience ends: then it is killed, or given up after that.
        var deadline: MonotonicTime
        var isKilled = false
    }

    private let policy: SupervisionPolicy
    private let terminal: TerminalRole
    private var phase = Phase.idle
    private var record = RestartRecord()
    /// Restarts since the last long time of health.
    private var recentRestarts = 0
    /// Until then an end was asked for, by SIGINT or SIGQUIT.
    private var requestEnd: MonotonicTime?
    private var lastCode: CInt = 0

    /// All restarts.
    package private(set) var restarts = 0

    /// How long a killed process may take to be gone.
    static let killTime = Duration.seconds(2)

    /// Nothing is started yet.
    package init(_ policy: SupervisionPolicy, terminal: TerminalRole = .none) {
        self.policy = policy
        self.terminal = terminal
    }

    /// Orders the first start.
    package mutating func start() -> [SupervisionAction] {
        phase = .starting(signals: [])
        return [.spawn]
    }

    /// When `.deadlineReached` is to be told; nil for never.
    package var deadline: MonotonicTime? {
        switch phase {
        case .idle, .starting, .ended: nil
        case .running(let run):
            run.isUnhealthy && stopsUnhealthy && !run.isSuspendedByTerminal ? run.graceEnd : nil
        case .stopping(_, let stop): stop.deadline
        case .waiting(let end): end
        }
    }

    /// The process that runs, if there is one and it has not ended.
    package var process: CInt? {
        switch phase {
        case .running(let run), .stopping(let run, _): run.words == nil ? run.process : nil
        case .idle, .starting, .waiting, .ended: nil
        }
    }

    /// What is left of the budget; nil when the command is never started again.
    package func allowance(at now: MonotonicTime) -> RestartAllowance? {
        policy.restart == .no ? nil : record.allowance(at: now, of: policy.budget)
    }

    /// What follows from an event. `jitter` is a random number between 0 and 1.
    package mutating func receive(
        _ event: SupervisionEvent, at now: MonotonicTime, jitter: Double
    ) -> [SupervisionAction] {
        switch event {
        case .spawned(let process): spawned(process, at: now)
        case .spawnFailed(let error): spawnFailed(error, at: now, jitter)
        case .ended(let words): ended(words, at: now, jitter)
        case .emptied: emptied(at: now, jitter)
        case .suspended(let signal): suspended(signal)
        case .resumed: resumed(at: now)
        case .signalled(let signal): signalled(signal, at: now)
        case .healthChanged(let isHealthy): healthChanged(isHealthy, at: now)
        case .deadlineReached: deadlineReached(at: now)
        }
    }

    private var stopsUnhealthy: Bool {
        policy.exitsOnUnhealthy || policy.restart == .onUnhealthy || policy.restart == .always
    }

    private func target(_ run: SupervisedRun) -> SignalTarget {
        run.target(ofGroup: policy.signalsGroup)
    }
}

// MARK: Start

extension SupervisorState {
    private mutating func spawned(_ process: CInt, at now: MonotonicTime) -> [SupervisionAction] {
        guard case .starting(let signals) = phase else { return [] }
        phase = .running(SupervisedRun(process, at: now, startPeriod: policy.startPeriod))
        var actions = [SupervisionAction.announce(.started(process: process, restarts: restarts))]
        for signal in signals { actions += signalled(signal, at: now) }
        return actions
    }

    private mutating func spawnFailed(
        _ error: ChildStartError, at now: MonotonicTime, _ jitter: Double
    ) -> [SupervisionAction] {
        guard case .starting(let signals) = phase else { return [] }
        let news = SupervisionAction.announce(.startFailed(error))
        // What could never be started is not tried again; what ran before may come back, as after an update.
        lastCode = error.exitCode
        let isAsked = signals.contains { isEndRequest($0) }
        if restarts > 0, !isAsked, beginWait(at: now, jitter) != nil { return [news] }
        phase = .ended
        return [news, .exit(error.exitCode)]
    }

    /// The time until the next start; nil when the budget does not allow one then.
    private mutating func beginWait(at now: MonotonicTime, _ jitter: Double) -> Duration? {
        let wait = policy.backoff.wait(after: recentRestarts, jitter: jitter)
        guard record.allows(now + wait, in: policy.budget) else { return nil }
        recentRestarts += 1
        phase = .waiting(until: now + wait)
        return wait
    }
}

// MARK: End

extension SupervisorState {
    private mutating func ended(
        _ words: LastWords, at now: MonotonicTime, _ jitter: Double
    ) -> [SupervisionAction] {
        switch phase {
        case .running(var run) where run.process == words.process && run.words == nil:
            guard policy.waitsForAll else { return conclude(run, nil, words, at: now, jitter) }
            run.ended(words)
            phase = .running(run)
            return [.announce(.ended(words, .others)), .awaitOthers(group: run.process)]
        case .stopping(var run, let stop) where run.process == words.process && run.words == nil:
            guard policy.waitsForAll else { return conclude(run, stop, words, at: now, jitter) }
            run.ended(words)
            phase = .stopping(run, stop)
            var actions = [SupervisionAction.announce(.ended(words, .others))]
            // They have not been told yet.
            if !policy.signalsGroup, !stop.isKilled {
                actions.append(.signal(policy.stopSignal, .remains(group: run.process)))
            }
            return actions + [.awaitOthers(group: run.process)]
        default: return []
        }
    }

    private mutating func emptied(
        at now: MonotonicTime, _ jitter: Double
    ) -> [SupervisionAction] {
        switch phase {
        case .running(let run):
            guard let words = run.words else { return [] }
            return conclude(run, nil, words, at: now, jitter)
        case .stopping(let run, let stop):
            guard let words = run.words else { return [] }
            return conclude(run, stop, words, at: now, jitter)
        case .idle, .starting, .waiting, .ended: return []
        }
    }

    /// Nothing of a run is left that we wait for.
    private mutating func conclude(
        _ run: SupervisedRun, _ stop: Stop?, _ words: LastWords, at now: MonotonicTime,
        _ jitter: Double
    ) -> [SupervisionAction] {
        let isSuccess = words.exitCode == 0
        let isIll = stop.map { $0.sequel != .exit } ?? false
        lastCode = isSuccess ? (isIll ? 1 : 0) : words.exitCode
        if let since = run.healthySince, now - since >= policy.backoff.resetAfter {
            recentRestarts = 0
        }
        let news = { (sequel: SupervisionNews.Sequel) -> SupervisionAction in
            .announce(run.words == nil ? .ended(words, sequel) : .emptied(sequel))
        }
        guard isRestarted(stop, isSuccess: isSuccess, at: now) else {
            phase = .ended
            // After a stop nothing is to be left; a command that ends by itself may have left a service.
            let rest: [SupervisionAction] =
                stop == nil || run.words != nil
                ? [] : [.signal(policy.stopSignal, .group(run.process))]
            return rest + [news(.exit), .exit(lastCode)]
        }
        // What it left would be in the way of the next, such as on its port. A group that we have waited for is empty, and its
        // number may be that of another one.
        let rest: [SupervisionAction] =
            run.words == nil ? [.signal(SIGKILL, .group(run.process))] : []
        guard let wait = beginWait(at: now, jitter) else {
            phase = .ended
            return rest + [news(.budgetUsedUp), .exit(lastCode)]
        }
        return rest + [news(.restart(after: wait))]
    }

    private func isRestarted(_ stop: Stop?, isSuccess: Bool, at now: MonotonicTime) -> Bool {
        if let stop { return stop.sequel == .restart }
        if let requestEnd, now < requestEnd { return false }
        return switch policy.restart {
        case .no: false
        case .onFailure, .onUnhealthy: !isSuccess
        case .always: true
        }
    }
}

// MARK: Signals

extension SupervisorState {
    /// Ask for an end, and not only the command.
    private func isStopRequest(_ signal: CInt) -> Bool {
        signal == SIGTERM || signal == policy.stopSignal
    }

    /// Ctrl-C, Ctrl-\\ and a lost terminal end most programs, but say other things to some: SIGQUIT has a JVM print its threads.
    private func isEndRequest(_ signal: CInt) -> Bool {
        isStopRequest(signal) || signal == SIGINT || signal == SIGQUIT
            || (signal == SIGHUP && terminal != .none)
    }

    /// The signal asks for an end that was not asked for before, of a command that runs: also while its health ends it.
    func isStopped(by signal: CInt) -> Bool {
        switch phase {
        case .running: isStopRequest(signal)
        case .stopping(_, let stop): stop.sequel != .exit && isStopRequest(signal)
        case .idle, .starting, .waiting, .ended: false
        }
    }

    private mutating func signalled(_ signal: CInt, at now: MonotonicTime) -> [SupervisionAction] {
        switch phase {
        case .idle, .ended: return []
        case .starting(let signals):
            if !signals.contains(signal) { phase = .starting(signals: signals + [signal]) }
            return []
        case .waiting:
            guard isEndRequest(signal) else { return [] }
            phase = .ended
            return [.exit(lastCode)]
        case .running(let run):
            if isStopRequest(signal) { return stop(run, .exit, at: now) }
            if isEndRequest(signal) { requestEnd = now + policy.stopTimeout }
            return forward(signal, to: run)
        case .stopping(let run, var stop):
            guard isStopRequest(signal) else { return forward(signal, to: run) }
            if stop.sequel == .exit { return forward(policy.stopSignal, to: run) }
            // It was told already; others learn only now that it does not come back.
            stop.sequel = .exit
            phase = .stopping(run, stop)
            let left = max(.zero, stop.deadline - now)
            return [.announce(.stopping(byRequest: true, within: left))]
        }
    }

    private func forward(_ signal: CInt, to run: SupervisedRun) -> [SupervisionAction] {
        guard signal == SIGCONT, run.words == nil, run.suspension != nil else {
            return [.signal(signal, target(run))]
        }
        // A terminal stops the whole group.
        return [.giveTerminal(run.process), .signal(SIGCONT, .group(run.process))]
    }

    private mutating func stop(
        _ run: SupervisedRun, _ sequel: Stop.Sequel, at now: MonotonicTime
    ) -> [SupervisionAction] {
        phase = .stopping(run, Stop(sequel: sequel, deadline: now + policy.stopTimeout))
        var actions = [SupervisionAction.signal(policy.stopSignal, target(run))]
        // What is stopped does not hear it.
        if run.suspension != nil { actions.append(.signal(SIGCONT, .group(run.process))) }
        let news = SupervisionNews.stopping(
            byRequest: sequel == .exit, within: policy.stopTimeout)
        return actions + [.announce(news)]
    }

    private mutating func suspended(_ signal: CInt) -> [SupervisionAction] {
        // It was told to end, which it does not hear while it is stopped.
        if case .stopping(let run, _) = phase { return [.signal(SIGCONT, .group(run.process))] }
        guard case .running(var run) = phase else { return [] }
        run.suspension = signal
        phase = .running(run)
        let news = SupervisionAction.announce(.suspended(signal: signal))
        guard run.isSuspendedByTerminal else { return [news] }
        switch terminal {
        case .none: return [news]
        case .job: return [news, .suspendOurselves]
        case .alone:
            // One that reads or writes in the background would do it again.
            return signal == SIGTSTP ? [news, .signal(SIGCONT, .group(run.process))] : [news]
        }
    }

    private mutating func resumed(at now: MonotonicTime) -> [SupervisionAction] {
        guard case .running(var run) = phase else { return [] }
        run.suspension = nil
        // Its checks found it as it was: they get the time to find it alive.
        if run.isUnhealthy { run.graceEnd = max(run.graceEnd, now + policy.startPeriod) }
        phase = .running(run)
        return [.announce(.resumed)]
    }
}

// MARK: Health and time

extension SupervisorState {
    private mutating func healthChanged(
        _ isHealthy: Bool, at now: MonotonicTime
    ) -> [SupervisionAction] {
        switch phase {
        case .running(var run):
            // Its long time of health counts, whatever comes now.
            if !isHealthy, let since = run.healthySince, now - since >= policy.backoff.resetAfter {
                recentRestarts = 0
            }
            run.healthChanged(isHealthy: isHealthy, at: now)
            phase = .running(run)
            return stopIfFailing(run, at: now)
        case .stopping, .idle, .starting, .waiting, .ended: return []
        }
    }

    private mutating func stopIfFailing(
        _ run: SupervisedRun, at now: MonotonicTime
    ) -> [SupervisionAction] {
        guard stopsUnhealthy, run.isFailing(at: now) else { return [] }
        return stop(run, policy.exitsOnUnhealthy ? .exitFailed : .restart, at: now)
    }

    private mutating func deadlineReached(at now: MonotonicTime) -> [SupervisionAction] {
        guard let deadline, now >= deadline else { return [] }
        switch phase {
        case .running(let run): return stopIfFailing(run, at: now)
        case .stopping(let run, var stop):
            guard !stop.isKilled else {
                phase = .ended
                return [.announce(.abandoned), .exit(128 + SIGKILL)]
            }
            stop.isKilled = true
            stop.deadline = now + Self.killTime
            phase = .stopping(run, stop)
            let target: SignalTarget =
                run.words == nil ? .group(run.process) : .remains(group: run.process)
            return [.signal(SIGKILL, target), .announce(.killed)]
        case .waiting:
            restarts += 1
            record.add(now)
            phase = .starting(signals: [])
            return [.spawn]
        case .idle, .starting, .ended: return []
        }
    }
}

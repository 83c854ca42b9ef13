// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import ChildProcesses
package import EventLoops
import HostMemory
package import SystemIO

/// Starts a command, sends signals on to it, waits for it and for all orphans, and starts it again as its policy says.
/// Belongs to a loop.
///
/// The order of a program's life: ``prepare(adoptsOrphans:)`` before the first thread, `init` and ``start()`` on the thread
/// that will run the loop (before it runs, or on it), then the loop; at the end `exit` is called with the status.
package final class Supervisor {
    private let supervised: SupervisedCommand
    private let loop: EventLoop
    private let listener: (news: (SupervisionNews) -> Void, exit: (CInt) -> Void)
    private let table = ChildTable.shared
    private let terminal = Terminal()
    private var state: SupervisorState
    private var events: [SupervisionEvent] = []
    private var isBusy = false
    private var timer: TimerID?
    private var sources: (signals: SignalSource, children: ChildSignals)?
    private var started = MonotonicTime.now()
    private var memoryKills: (counter: MemoryKills, before: UInt64?)?
    /// While others of a command that has ended are waited for.
    private var others: OtherProcesses?
    private var isChildless = false
    /// Called when a signal asks for the end of a command that runs: the command gets it when `goOn` is called, on the loop and
    /// once. Nil to send it at once.
    package var beforeStop: ((_ goOn: @escaping () -> Void) -> Void)?

    /// All that can be sent to us and sent on; but SIGCHLD, and two that are the C library's own.
    private static let forwarded: [CInt] = (1...64).filter {
        ![SIGKILL, SIGSTOP, SIGCHLD, 32, 33].contains($0)
    }

    /// Between two looks at a group whose processes are not ours to wait for.
    private static let pollGap = Duration.milliseconds(500)

    /// Blocks all signals that are sent on, before the first thread, and has orphans come to us. What the command gets of
    /// signals is what we were started with.
    package static func prepare(adoptsOrphans: Bool = true) {
        clinux_keep_child_statuses()
        SignalSource.block(forwarded + [SIGCHLD])
        if adoptsOrphans, getpid() != 1 { _ = clinux_adopt_orphans() }
    }

    /// A supervisor that has not started its command yet. `news` and `exit` are called on the loop, or by ``start()``;
    /// `exit` once, last.
    package init(
        _ supervised: SupervisedCommand, _ policy: SupervisionPolicy, on loop: EventLoop,
        news: @escaping (SupervisionNews) -> Void, exit: @escaping (CInt) -> Void
    ) {
        self.supervised = supervised
        self.loop = loop
        listener = (news, exit)
        state = SupervisorState(policy, terminal: terminal?.role ?? .none)
    }

    /// Starts the command; then follows signals and children.
    package func start() throws(SystemCallError) {
        carryOut(state.start())
        let signals = try SignalSource(
            Self.forwarded, on: loop,
            onSignalFrom: {
                [weak self] signal, sender in
                // The kernel sends SIGPIPE and SIGXFSZ in our own name, for what we wrote ourselves.
                if sender != getpid() { self?.signalled(signal) }
            })
        let children = try ChildSignals(table, on: loop) { [weak self] in self?.swept($0) }
        sources = (signals, children)
        // What came before.
        children.sweep()
    }

    /// Tells what the checks of the command have found; each change once.
    package func healthChanged(isHealthy: Bool) {
        receive(.healthChanged(isHealthy: isHealthy))
    }

    /// The command's process ID, while it runs.
    package var process: CInt? { state.process }

    /// How often it was started again.
    package var restarts: Int { state.restarts }

    /// What is left of the budget of restarts now; nil when the command is never started again.
    package var allowance: RestartAllowance? { state.allowance(at: .now()) }

    // MARK: Events and actions

    private func signalled(_ signal: CInt) {
        guard let beforeStop, state.isStopped(by: signal) else {
            return receive(.signalled(signal))
        }
        beforeStop { [weak self] in self?.receive(.signalled(signal)) }
    }

    private func receive(_ event: SupervisionEvent) {
        events.append(event)
        guard !isBusy else { return }
        isBusy = true
        while !events.isEmpty {
            let event = events.removeFirst()
            carryOut(
                state.receive(event, at: .now(), jitter: .random(in: 0...1)))
        }
        isBusy = false
        setTimer()
    }

    private func setTimer() {
        if let timer { loop.cancel(timer) }
        timer = state.deadline.map { deadline in
            loop.schedule(at: deadline) { [weak self] in
                self?.timer = nil
                self?.receive(.deadlineReached)
            }
        }
    }

    private func carryOut(_ actions: [SupervisionAction]) {
        for action in actions {
            switch action {
            case .spawn: spawn()
            case .signal(let signal, let target): send(signal, to: target)
            case .suspendOurselves:
                if let process { terminal?.give(to: getpgrp(), from: process) }
                // All of the job, as the terminal would have done it; we go on from here.
                kill(0, SIGSTOP)
            case .giveTerminal(let group): terminal?.give(to: group, from: getpgrp())
            case .awaitOthers(let group):
                others = OtherProcesses(group: group)
                lookForOthers()
            case .announce(let news): listener.news(news)
            case .exit(let status): listener.exit(status)
            }
        }
    }

    private func spawn() {
        let terminal = terminal.flatMap { $0.isForeground ? $0.descriptor : nil }
        var start = ChildStart(.service(terminal: terminal))
        start.environment = supervised.environment
        do throws(ChildStartError) {
            let process = try table.start(supervised.command, start)
            started = .now()
            receive(.spawned(process))
            let counter = memoryKills?.counter ?? MemoryKills()
            memoryKills = (counter, counter.read())
        } catch {
            receive(.spawnFailed(error))
        }
    }

    private func send(_ signal: CInt, to target: SignalTarget) {
        switch target {
        case .process(let process): kill(process, signal)
        case .group(let group): kill(-group, signal)
        case .remains(let group):
            if let isSent = others?.send(signal) {
                if isSent { return }
            } else {
                // The command was waited for only just now.
                var remains = OtherProcesses(group: group)
                if remains.send(signal) { return }
            }
            for orphan in orphans() ?? [] { kill(orphan, signal) }
        }
    }

    // MARK: Children

    private func swept(_ sweep: ChildTable.Sweep) {
        if let process { lookAt(process) }
        isChildless = sweep == .childless
        guard others != nil, sweep != .unfinished else { return }
        lookForOthers()
    }

    private func lookAt(_ process: CInt) {
        let stop = clinux_stop_change(process)
        if stop > 0 { receive(.suspended(signal: stop)) }
        if stop == 0 { receive(.resumed) }
        guard case .ended(let end, let usage) = table.fate(of: process) else { return }
        // The next one, or a shell, finds it as we have found it.
        terminal?.give(to: getpgrp(), from: process)
        let kills = memoryKills.flatMap { memory in
            memory.before.flatMap { before in
                memory.counter.read().map { $0 >= before ? $0 - before : 0 }
            }
        }
        receive(
            .ended(
                LastWords(
                    process: process, end: end, usage: usage, lifetime: .now() - started,
                    memoryKills: kills)))
    }

    private func orphans() -> [CInt]? { Orphans.all { table.isOurs($0) } }

    /// Whether others are left of a command that has ended.
    private func lookForOthers() {
        if let timer = others?.timer { loop.cancel(timer) }
        others?.timer = nil
        guard let hasGroup = others?.look() else { return }
        if !hasGroup, !hasOrphans() {
            others = nil
            return receive(.emptied)
        }
        // The end of what comes to us is told by a signal; that of a group not always: one in it may have another parent.
        guard hasGroup || clinux_adopts_orphans() == 0 else { return }
        others?.timer = loop.schedule(at: .now() + Self.pollGap) { [weak self] in
            self?.others?.timer = nil
            self?.lookForOthers()
        }
    }

    private func hasOrphans() -> Bool {
        guard clinux_adopts_orphans() != 0 else { return false }
        // Without the list it is known only while no check runs a program.
        return orphans().map { !$0.isEmpty } ?? !isChildless
    }
}

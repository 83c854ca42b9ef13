// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import CheckSettings
import EventLoops
public import GRPCHealth
import StatusBoard
import Synchronization
import SystemIO

/// Runs checks, each on its own schedule and under its own timeout, on a thread of their own.
///
/// ```swift
/// let checks = try HealthChecks()
/// checks.report("readiness", to: reporter, as: ["", "demo.Greeter"])
/// try checks.add(.redis("redis://127.0.0.1", .critical))
/// for await change in checks.changes { print(change) }
/// ```
/// From any thread. Checks end with ``stop()``, or when nothing refers to this object any more.
public final class HealthChecks: Sendable {
    private let board: Board
    private let group: EventLoopGroup
    private let running: LoopBound<Running>
    private let listeners: Listeners
    private let registry = Mutex(Registry())

    /// What belongs to the loop.
    private struct Running {
        let scheduler: CheckScheduler
        let context: CheckContext
        let reporter: CheckReporter
    }

    /// Runs no checks yet. Throws when the system allows no thread.
    public init() throws(CheckError) {
        let listeners = Listeners()
        let board = Board(
            rules: [], publisher: { listeners.publish($0) },
            observers: [{ listeners.tell($0, $1) }])
        do {
            group = try EventLoopGroup(count: 1, name: "checks")
        } catch {
            throw CheckError("cannot start a thread for the checks: \(error.text)")
        }
        let (loop, reporter) = (group.loops[0], CheckReporter(to: board))
        let scheduler = CheckScheduler(on: loop) { reporter.report($0) }
        running = LoopBound(
            Running(scheduler: scheduler, context: CheckContext(on: loop), reporter: reporter),
            on: loop)
        self.board = board
        self.listeners = listeners
    }

    deinit { stop() }

    // MARK: Checks come and go

    /// Adds a check, which begins to run soon. Throws when its name is taken, or it needs one that was not added before.
    public func add(_ check: HealthCheck) throws(CheckError) {
        let (setting, name) = (check.setting, check.name)
        try registry.withLock { (registry) throws(CheckError) in
            try registry.add(setting.definition)
            // Before the lock is free: what needs it, or has its name next, comes to the loop after it.
            running.loop.post { [running] in
                let now = running.value
                try? now.scheduler.add(setting.definition, setting.kind.makeRunner(now.context))
                now.reporter.report(now.scheduler.checks.filter { $0.definition.name == name })
            }
        }
        // At once: its groups do not serve before its first result.
        define(setting.definition.decidedGroups)
    }

    /// Adds several, such as those of ``HealthCheck/list(yaml:)``; none of them when it throws.
    public func add(_ checks: [HealthCheck]) throws(CheckError) {
        var added: [String] = []
        do {
            for check in checks {
                try add(check)
                added.append(check.name)
            }
        } catch {
            for name in added.reversed() { try? remove(name) }
            throw error
        }
    }

    /// Takes a check out, and gives up its run; nothing happens when there is none of that name. Throws when others need it.
    public func remove(_ name: String) throws(CheckError) {
        let removed = try registry.withLock { (registry) throws(CheckError) in
            guard let removed = try registry.remove(name) else { return nil as CheckDefinition? }
            running.loop.post { [running, board] in
                try? running.value.scheduler.remove(name)
                board.report([.check(name): nil])
            }
            return removed
        }
        if let removed { define(removed.decidedGroups) }
    }

    /// Ends all runs, for good. Groups keep what they said last.
    public func stop() {
        running.loop.post { [running] in running.value.scheduler.stop() }
        group.stop()
        listeners.end()
    }

    /// Gives groups the rules that follow from the checks. Without a lock around the board, which tells observers: they may add
    /// checks.
    private func define(_ groups: [String]) {
        while true {
            let registry = self.registry.withLock { $0 }
            for group in groups {
                let members = registry.members(of: group)
                board.define(
                    group, members.isEmpty ? nil : .composite(Composite(of: group, in: members)))
            }
            // Another thread may have defined them meanwhile from more than this.
            if self.registry.withLock({ $0.version }) == registry.version { return }
        }
    }

    // MARK: What they say

    /// What is known of a check; nil when there is none of that name.
    public func status(of name: String) -> CheckStatus? {
        guard registry.withLock({ $0.names.contains(name) }) else { return nil }
        return CheckStatus(name, board.snapshot.entries[.check(name)])
    }

    /// What is known of every check, by name.
    public var statuses: [CheckStatus] {
        let names = registry.withLock { Array($0.names) }
        let entries = board.snapshot.entries
        return names.sorted().map { CheckStatus($0, entries[.check($0)]) }
    }

    /// What the checks of a group come to; nil when none decides it.
    public func status(ofGroup name: String) -> GroupStatus? {
        board.snapshot.verdict(of: name).map { GroupStatus(name, $0) }
    }

    /// Sets a reporter's names to what a group comes to, in the same step as it changes: `""` is the whole server. A group
    /// without checks leaves them as they are, until it had one: then they are cleared.
    public func report(
        _ group: String = "readiness", to reporter: HealthReporter, as names: [String]? = nil
    ) {
        let sink = Listeners.Sink(group: group, reporter: reporter, names: names ?? [group])
        listeners.add(sink)
        listeners.publish(board.snapshot)
    }

    /// Calls `action` after each change of a check or of a group, in their order. Most calls are on the loop of the checks: it must
    /// not block.
    public func onChange(_ action: @escaping @Sendable (CheckChange) -> Void) {
        listeners.add(action)
    }

    /// The changes from now on. A reader that is behind misses the oldest ones of more than 256. Ends with ``stop()``.
    public var changes: AsyncStream<CheckChange> { listeners.makeStream() }
}

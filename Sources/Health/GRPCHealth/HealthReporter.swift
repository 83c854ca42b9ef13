// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HealthProtocol
import Synchronization

/// The write side of health: says what each name answers. From any thread.
///
/// Every loop has a copy of the statuses that it reads without a lock; a change is posted to each, in order.
public final class HealthReporter: Sendable {
    private struct State {
        var verdicts: [String: HealthVerdict] = ["": HealthVerdict(.serving)]
        /// What each name goes back to, while the server is shut down.
        var beforeShutdown: [String: HealthVerdict]?
        var tables: [LoopBound<HealthTable>] = []
    }

    private let state = Mutex(State())

    /// A reporter that knows one name, `""` (the whole server), which is SERVING.
    public init() {}

    /// Sets what `name` answers, and registers it when it is new. Ignored after ``shutdown()``.
    ///
    /// Names hold no NUL: such a name is ignored, since not every client could ask for it. `reason` is for those
    /// clients that the service tells it to.
    public func set(_ status: ServingStatus, for name: String, reason: HealthReason? = nil) {
        change([(name, HealthVerdict(status, reason))])
    }

    /// Sets what each of these names, once each, answers, as if at once: no call sees some of them changed and others
    /// not.
    public func set(_ statuses: [(name: String, status: ServingStatus)]) {
        change(statuses.map { ($0.name, HealthVerdict($0.status)) })
    }

    /// The same with reasons.
    public func set(_ statuses: [(name: String, status: ServingStatus, reason: HealthReason?)]) {
        change(statuses.map { ($0.name, HealthVerdict($0.status, $0.reason)) })
    }

    /// Unregisters `name`; its watchers get SERVICE_UNKNOWN. `""` cannot be cleared: it is set to UNKNOWN.
    /// Ignored after ``shutdown()``.
    public func clear(_ name: String) {
        change([(name, name.isEmpty ? HealthVerdict(.unknown) : nil)])
    }

    /// What `name` answers now; nil when it is not registered.
    public func status(of name: String) -> ServingStatus? {
        state.withLock { $0.verdicts[name]?.status }
    }

    /// Every name becomes NOT_SERVING because the server is draining, and stays so until ``resume()``.
    public func shutdown() {
        state.withLock { state in
            guard state.beforeShutdown == nil else { return }
            state.beforeShutdown = state.verdicts
            let end = HealthVerdict(.notServing, .draining)
            Self.apply(state.verdicts.keys.map { ($0, end) }, to: &state)
        }
    }

    /// Puts back what each name answered before ``shutdown()``.
    public func resume() {
        state.withLock { state in
            guard let earlier = state.beforeShutdown else { return }
            state.beforeShutdown = nil
            Self.apply(earlier.map { ($0, $1) }, to: &state)
        }
    }

    /// Ends every Watch after its newest status, and every later one after its first; for a graceful stop,
    /// which would otherwise wait for them forever.
    public func endWatches() {
        state.withLock { state in
            for table in state.tables {
                table.loop.post { table.value.endWatches() }
            }
        }
    }

    /// Keeps `table` up to date from now on. Fills it first, before its loop knows of it.
    func attach(_ table: HealthTable, on loop: EventLoop) {
        let bound = LoopBound(table, on: loop)
        state.withLock { state in
            for (name, verdict) in state.verdicts { table.apply(name, verdict) }
            state.tables.append(bound)
        }
    }

    /// A name, and what it answers; nil unregisters it.
    private typealias Change = (name: String, verdict: HealthVerdict?)

    private func change(_ changes: [Change]) {
        state.withLock { state in
            guard state.beforeShutdown == nil else { return }
            let real = changes.filter { name, verdict in
                !name.utf8.contains(0) && state.verdicts[name] != verdict
            }
            Self.apply(real, to: &state)
        }
    }

    // Under the lock, so that every loop gets changes in the same order; together, so that each loop makes them in
    // one go.
    private static func apply(_ changes: [Change], to state: inout State) {
        if changes.isEmpty { return }
        for (name, verdict) in changes { state.verdicts[name] = verdict }
        for table in state.tables {
            table.loop.post {
                for (name, verdict) in changes { table.value.apply(name, verdict) }
            }
        }
    }
}

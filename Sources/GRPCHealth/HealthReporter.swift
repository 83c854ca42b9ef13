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
        var statuses: [String: ServingStatus] = ["": .serving]
        /// What each name goes back to, while the server is shut down.
        var beforeShutdown: [String: ServingStatus]?
        var tables: [LoopBound<HealthTable>] = []
    }

    private let state = Mutex(State())

    /// A reporter that knows one name, `""` (the whole server), which is SERVING.
    public init() {}

    /// Sets what `name` answers, and registers it when it is new. Ignored after ``shutdown()``.
    ///
    /// Names hold no NUL: such a name is ignored, since not every client could ask for it.
    public func set(_ status: ServingStatus, for name: String) {
        change(name, to: status)
    }

    /// Unregisters `name`; its watchers get SERVICE_UNKNOWN. `""` cannot be cleared: it is set to UNKNOWN.
    /// Ignored after ``shutdown()``.
    public func clear(_ name: String) {
        change(name, to: name.isEmpty ? .unknown : nil)
    }

    /// What `name` answers now; nil when it is not registered.
    public func status(of name: String) -> ServingStatus? {
        state.withLock { $0.statuses[name] }
    }

    /// Every name becomes NOT_SERVING, and stays so until ``resume()``.
    public func shutdown() {
        state.withLock { state in
            guard state.beforeShutdown == nil else { return }
            state.beforeShutdown = state.statuses
            for name in state.statuses.keys { Self.apply(name, .notServing, to: &state) }
        }
    }

    /// Puts back what each name answered before ``shutdown()``.
    public func resume() {
        state.withLock { state in
            guard let earlier = state.beforeShutdown else { return }
            state.beforeShutdown = nil
            for (name, status) in earlier { Self.apply(name, status, to: &state) }
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
            for (name, status) in state.statuses { table.apply(name, status) }
            state.tables.append(bound)
        }
    }

    private func change(_ name: String, to status: ServingStatus?) {
        if name.utf8.contains(0) { return }
        state.withLock { state in
            guard state.beforeShutdown == nil, state.statuses[name] != status else { return }
            Self.apply(name, status, to: &state)
        }
    }

    // Under the lock, so that every loop gets changes in the same order.
    private static func apply(_ name: String, _ status: ServingStatus?, to state: inout State) {
        state.statuses[name] = status
        for table in state.tables {
            table.loop.post { table.value.apply(name, status) }
        }
    }
}

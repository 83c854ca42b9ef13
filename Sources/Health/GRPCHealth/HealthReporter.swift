// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
public import HealthProtocol
package import StatusBoard
import Synchronization

/// The write side of health: says what each name answers. From any thread.
///
/// Every loop has a copy of the statuses that it reads without a lock; a change is posted to each, in order.
public final class HealthReporter: Sendable {
    private struct State {
        var answers: [String: HealthAnswer] = ["": HealthAnswer(.serving)]
        /// What each name goes back to, while the server is shut down.
        var beforeShutdown: [String: HealthAnswer]?
        var tables: [LoopBound<HealthTable>] = []
        var boards: [Board] = []
    }

    private let state = Mutex(State())

    /// A reporter that knows one name, `""` (the whole server), which is SERVING.
    public init() {}

    /// Sets what `name` answers, and registers it when it is new. Ignored after ``shutdown()``.
    ///
    /// Names hold no NUL: such a name is ignored, since not every client could ask for it. `reason` is for those
    /// clients that the service tells it to.
    public func set(_ status: ServingStatus, for name: String, reason: HealthReason? = nil) {
        change(name, to: HealthAnswer(status, reason))
    }

    /// Sets what each of these names, once each, answers, as if at once: no call sees some of them changed and others
    /// not.
    public func set(_ statuses: [(name: String, status: ServingStatus)]) {
        change(statuses.map { ($0.name, HealthAnswer($0.status)) })
    }

    /// The same with reasons.
    public func set(_ statuses: [(name: String, status: ServingStatus, reason: HealthReason?)]) {
        change(statuses.map { ($0.name, HealthAnswer($0.status, $0.reason)) })
    }

    /// Unregisters `name`; its watchers get SERVICE_UNKNOWN. `""` cannot be cleared: it is set to UNKNOWN.
    /// Ignored after ``shutdown()``.
    public func clear(_ name: String) {
        change(name, to: name.isEmpty ? HealthAnswer(.unknown) : nil)
    }

    /// Sets every name to what a board's rule for it comes to, as if at once, and clears names that have no rule; for
    /// the publisher of a ``Board``.
    package func publish(_ snapshot: Board.Snapshot) {
        change { registered in
            let names = Set(snapshot.verdicts.map(\.name))
            let gone = registered.filter { !names.contains($0) }.map { name in
                (name: name, answer: name.isEmpty ? HealthAnswer(.unknown) : nil)
            }
            return gone
                + snapshot.verdicts.map { name, verdict in
                    let status: ServingStatus = verdict.isServing ? .serving : .notServing
                    return (name, HealthAnswer(status, verdict.outcome.code))
                }
        }
    }

    /// What `name` answers now; nil when it is not registered.
    public func status(of name: String) -> ServingStatus? {
        state.withLock { $0.answers[name]?.status }
    }

    /// Every name becomes NOT_SERVING because the server is draining, and stays so until ``resume()``.
    public func shutdown() {
        state.withLock { state in
            guard state.beforeShutdown == nil else { return }
            state.beforeShutdown = state.answers
            let end = HealthAnswer(.notServing, .draining)
            Self.apply(state.answers.keys.map { ($0, end) }, to: &state)
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
    package func endWatches() {
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
            for (name, answer) in state.answers { table.apply(name, answer) }
            state.tables.append(bound)
        }
    }

    /// A board that says what the names answer, from now on; for pages of HTTP. Each name is a check of its own.
    package func makeBoard() -> Board {
        state.withLock { state in
            let board = Board(mirroring: state.answers)
            state.boards.append(board)
            return board
        }
    }

    /// A name, and what it answers; nil unregisters it.
    private typealias Change = (name: String, answer: HealthAnswer?)

    private func change(_ changes: [Change]) { change { _ in changes } }

    /// One name alone, as most are.
    private func change(_ name: String, to answer: HealthAnswer?) {
        if name.utf8.contains(0) { return }
        state.withLock { state in
            guard state.beforeShutdown == nil, state.answers[name] != answer else { return }
            Self.apply([(name, answer)], to: &state)
        }
    }

    /// Makes the changes that follow from the registered names.
    private func change(_ changes: (Dictionary<String, HealthAnswer>.Keys) -> [Change]) {
        state.withLock { state in
            guard state.beforeShutdown == nil else { return }
            let real = changes(state.answers.keys).filter { name, answer in
                !name.utf8.contains(0) && state.answers[name] != answer
            }
            Self.apply(real, to: &state)
        }
    }

    // Under the lock, so that every loop gets changes in the same order; together, so that each loop makes them in
    // one go.
    private static func apply(_ changes: [Change], to state: inout State) {
        if changes.isEmpty { return }
        for (name, answer) in changes { state.answers[name] = answer }
        for board in state.boards { board.mirror(changes, names: state.answers.keys) }
        // The bytes are made once, not by each loop.
        let news = changes.map { (name: [UInt8]($0.name.utf8), answer: $0.answer) }
        for table in state.tables {
            table.loop.post {
                for (name, answer) in news { table.value.apply(name, answer) }
            }
        }
    }
}

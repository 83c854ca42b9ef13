// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCHealth
import StatusBoard
import Synchronization

/// Those who want to know what checks say. From any thread.
final class Listeners: Sendable {
    /// Names of a reporter that answer what a group comes to.
    struct Sink {
        let group: String
        let reporter: HealthReporter
        let names: [String]
        /// The group has had a verdict.
        var hasTold = false
    }

    private struct State {
        var sinks: [Sink] = []
        var actions: [@Sendable (CheckChange) -> Void] = []
        var streams: [Int: AsyncStream<CheckChange>.Continuation] = [:]
        var lastStream = 0
        var hasEnded = false
        /// The revision that reporters were told last: an older one is no news.
        var revision: UInt64 = 0
    }

    /// Changes that wait for a reader of a stream at most.
    private static let bufferSize = 256

    private let state = Mutex(State())

    func add(_ sink: Sink) { state.withLock { $0.sinks.append(sink) } }

    func add(_ action: @escaping @Sendable (CheckChange) -> Void) {
        state.withLock { $0.actions.append(action) }
    }

    func makeStream() -> AsyncStream<CheckChange> {
        AsyncStream(bufferingPolicy: .bufferingNewest(Self.bufferSize)) { continuation in
            let number: Int? = state.withLock { state in
                if state.hasEnded { return nil }
                state.lastStream += 1
                state.streams[state.lastStream] = continuation
                return state.lastStream
            }
            guard let number else { return continuation.finish() }
            continuation.onTermination = { [weak self] _ in
                _ = self?.state.withLock { $0.streams.removeValue(forKey: number) }
            }
        }
    }

    /// No more changes come.
    func end() {
        let streams = state.withLock { state in
            defer { (state.streams, state.actions, state.hasEnded) = ([:], [], true) }
            return Array(state.streams.values)
        }
        for stream in streams { stream.finish() }
    }

    /// Tells the reporters: the publisher of the board.
    func publish(_ snapshot: Board.Snapshot) {
        state.withLock { state in
            guard snapshot.revision >= state.revision else { return }
            state.revision = snapshot.revision
            for index in state.sinks.indices { Self.tell(&state.sinks[index], snapshot) }
        }
    }

    private static func tell(_ sink: inout Sink, _ snapshot: Board.Snapshot) {
        guard let verdict = snapshot.verdict(of: sink.group) else {
            if sink.hasTold { for name in sink.names { sink.reporter.clear(name) } }
            return sink.hasTold = false
        }
        sink.hasTold = true
        let status: ServingStatus = verdict.isServing ? .serving : .notServing
        let code = verdict.outcome.code
        sink.reporter.set(sink.names.map { ($0, status, verdict.isServing ? nil : code) })
    }

    /// Tells the others: an observer of the board.
    func tell(_ snapshot: Board.Snapshot, _ earlier: Board.Snapshot) {
        let changes = CheckChange.all(from: earlier, to: snapshot)
        if changes.isEmpty { return }
        let (actions, streams) = state.withLock { ($0.actions, Array($0.streams.values)) }
        for change in changes {
            for action in actions { action(change) }
            for stream in streams { stream.yield(change) }
        }
    }
}

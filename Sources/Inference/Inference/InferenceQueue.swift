// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire
import Synchronization
import SystemIO

/// The workers of all loops and the line before them, which all connections share. From any thread.
///
/// A worker is taken until its backend has really ended, so that a backend which ignores its cancellation can
/// hold no more than the workers: the line behind it is bounded, and each request in it has its deadline.
package final class InferenceQueue: Sendable {
    /// How much is going on.
    package struct Load: Equatable, Sendable {
        package var depth: Int
        package var busyWorkers: Int
        /// There are too many requests in the line for this server to be ready.
        package var isLong: Bool
        /// The depth at which there are.
        package var longAt: Int
    }

    /// Whose requests take turns with those of others.
    package typealias Client = PeerAddress.Network

    private typealias Turn = Pending<Void>
    private typealias Line = WorkerLine<Client, Turn>

    private struct State {
        var line: Line
        var gate: DepthGate

        /// What `body` returns, and whether it turned the gate.
        mutating func change<Result>(
            _ body: (inout Line) -> Result
        ) -> (result: Result, turned: Bool) {
            let result = body(&line)
            return (result, gate.depthChanged(to: line.depth))
        }
    }

    /// Bytes of requests that may wait, however few they are.
    private static let waitingBytes = 32 << 20

    private let state: Mutex<State>
    private let onGateTurned: @Sendable (InferenceQueue) -> Void

    /// - Parameters:
    ///   - depth: Requests that may wait at most.
    ///   - readyDepth: At or over it the line is long; 0 for never. Beyond `depth` it is `depth`: a full line is
    ///     a long one.
    ///   - share: Per cent of `readyDepth` (or of `depth`, without one) that one client may have in the line: below 100
    ///     it takes several to make it long.
    ///   - onGateTurned: Called on some thread when ``Load/isLong`` has changed.
    package init(
        workers: Int, depth: Int, readyDepth: Int, share: Int = 100,
        onGateTurned: @escaping @Sendable (InferenceQueue) -> Void
    ) {
        let longAt = min(readyDepth, depth)
        let shared = longAt > 0 ? longAt : depth
        let limits = Line.Limits(
            workers: workers, depth: depth,
            depthOfClient: share == 100 ? depth : max(1, shared * share / 100),
            bytes: Self.waitingBytes)
        self.state = Mutex(State(line: Line(limits), gate: DepthGate(limit: longAt)))
        self.onGateTurned = onGateTurned
    }

    /// How much is going on now.
    package var load: Load {
        state.withLock {
            Load(
                depth: $0.line.depth, busyWorkers: $0.line.busyWorkers, isLong: $0.gate.isLong,
                longAt: $0.gate.limit)
        }
    }

    /// Takes a worker, when its turn has come; whoever returns from here calls ``leave()`` once.
    ///
    /// Throws at `deadline`, which `loop` waits for, when the task is cancelled, or at once when the line is
    /// full; then no worker is taken.
    package func enter(
        bytes: Int, of client: Client, until deadline: MonotonicTime, on loop: EventLoop
    ) async throws(Status) {
        let turn = Turn()
        switch change({ $0.arrived(turn, of: client, bytes: bytes) }) {
        case .start: break
        case .refuse(let refusal): throw status(of: refusal)
        case .wait(let place):
            if case .value = await turn.outcome(until: deadline, on: loop) { break }
            change { $0.left(place) }
            throw .expired(deadline, "while the request waited for a worker")
        }
        if Task.isCancelled || deadline <= .now() {
            leave()
            throw .expired(deadline, "before the request could start")
        }
    }

    /// Gives the worker back: the first in the line who still wants it has it.
    package func leave() {
        while let turn = change({ $0.workerFreed() }) {
            if turn.resolve(.value(())) { return }
        }
    }

    private func change<Result: Sendable>(
        _ body: @Sendable (inout Line) -> Result
    ) -> Result {
        let (result, turned) = state.withLock { $0.change(body) }
        if turned { onGateTurned(self) }
        return result
    }

    private func status(of refusal: Line.Refusal) -> Status {
        let (limits, waiting) = state.withLock { ($0.line.limits, $0.line.waitingBytes) }
        switch refusal {
        case .depth:
            return Status(
                .resourceExhausted,
                "all \(limits.workers) workers are busy and the queue is full: "
                    + "it holds \(limits.depth) requests")
        case .depthOfClient:
            return Status(
                .resourceExhausted,
                "all \(limits.workers) workers are busy and this client's share of the queue is full: "
                    + "it holds \(limits.depthOfClient) of its requests")
        case .bytes:
            return Status(
                .resourceExhausted,
                "the queue is full: its requests have \(waiting) bytes and may have "
                    + "\(limits.bytes)")
        }
    }
}

extension Status {
    /// What ends a call that nobody waits for any more: its deadline, or its client.
    package static func expired(_ deadline: MonotonicTime, _ phase: String) -> Status {
        deadline <= .now()
            ? Status(.deadlineExceeded, "the deadline passed \(phase)")
            : Status(.cancelled, "the call was cancelled \(phase)")
    }
}

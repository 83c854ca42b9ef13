// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import GRPCWire
import Synchronization
package import SystemIO

/// The workers of all loops and the queue before them, which all connections share. From any thread.
///
/// A worker is taken until its backend has really ended. So a backend that ignores its cancellation holds at most its
/// worker: the queue is bounded, and the task of each request in it is cancelled at its deadline.
package final class InferenceQueue: Sendable {
    /// How much is under way.
    package struct Load: Equatable, Sendable {
        package var depth: Int
        package var busyWorkers: Int
        /// Too many requests wait for this server to be ready. So from ``longAt`` on, and until half of them have left.
        package var isLong: Bool
        /// The depth at which the queue becomes long; 0 for never.
        package var longAt: Int
        /// Requests that may wait.
        package var limit: Int
        /// All workers.
        package var workers: Int
        /// One more request would be refused.
        package var isFull: Bool
    }

    /// Clients are served round robin; one is an address, or a /64 of IPv6.
    package typealias Client = PeerAddress.Network

    private typealias Waiter = Pending<Void>
    private typealias Queue = WorkerQueue<Client, Waiter>

    private struct State {
        var queue: Queue
        var threshold: DepthThreshold

        /// What `body` returns, and whether the queue has become long or short.
        mutating func change<Result>(
            _ body: (inout Queue) -> Result
        ) -> (result: Result, lengthChanged: Bool) {
            let result = body(&queue)
            return (result, threshold.depthChanged(to: queue.depth))
        }
    }

    /// Bytes of requests that may wait, whatever their number.
    private static let waitingBytes = 32 << 20

    private let state: Mutex<State>
    private let onLengthChange: @Sendable (InferenceQueue) -> Void

    /// A queue before so many workers.
    ///
    /// - Parameters:
    ///   - depth: Requests that may wait at most.
    ///   - readyDepth: The depth at which the queue is long; 0 for never. At most `depth`: a full queue is long.
    ///   - share: Per cent of `readyDepth` (without one, of `depth`) that one client may have waiting: below 100 it takes
    ///     several clients to make the queue long.
    ///   - onLengthChange: Called on some thread when ``Load/isLong`` has changed.
    package init(
        workers: Int, depth: Int, readyDepth: Int, share: Int = 100,
        onLengthChange: @escaping @Sendable (InferenceQueue) -> Void
    ) {
        let longAt = min(readyDepth, depth)
        let shared = longAt > 0 ? longAt : depth
        let limits = Queue.Limits(
            workers: workers, depth: depth,
            depthOfClient: share == 100 ? depth : max(1, shared * share / 100),
            bytes: Self.waitingBytes)
        self.state = Mutex(
            State(queue: Queue(limits), threshold: DepthThreshold(limit: longAt)))
        self.onLengthChange = onLengthChange
    }

    /// How much is under way now.
    package var load: Load {
        state.withLock {
            Load(
                depth: $0.queue.depth, busyWorkers: $0.queue.busyWorkers,
                isLong: $0.threshold.isLong,
                longAt: $0.threshold.limit, limit: $0.queue.limits.depth,
                workers: $0.queue.limits.workers, isFull: $0.queue.isFull)
        }
    }

    /// Waits for a worker and takes it; then the caller calls ``leave()`` once.
    ///
    /// Throws when the task is cancelled, or at once when the queue is full; then no worker is taken.
    package func enter(bytes: Int, of client: Client) async throws(Status) {
        let waiter = Waiter()
        switch change({ $0.arrived(waiter, of: client, bytes: bytes) }) {
        case .start: break
        case .reject(let rejection): throw status(of: rejection)
        case .wait(let ticket):
            if case .value = await waiter.outcome() { break }
            change { $0.left(ticket) }
            throw Self.cancelled
        }
        if Task.isCancelled {
            leave()
            throw Self.cancelled
        }
    }

    private static var cancelled: Status {
        Status(.cancelled, "the call was cancelled while the request waited for a worker")
    }

    /// Gives a worker back. The next request that still waits takes it.
    package func leave() {
        while let waiter = change({ $0.workerFreed() }) {
            if waiter.resolve(.value(())) { return }
        }
    }

    private func change<Result: Sendable>(
        _ body: @Sendable (inout Queue) -> Result
    ) -> Result {
        let (result, lengthChanged) = state.withLock { $0.change(body) }
        if lengthChanged { onLengthChange(self) }
        return result
    }

    private func status(of rejection: Queue.Rejection) -> Status {
        let (limits, waiting) = state.withLock { ($0.queue.limits, $0.queue.waitingBytes) }
        let reason =
            switch rejection {
            case .depth:
                "all \(limits.workers) workers are busy and the queue is full: it holds "
                    + "\(limits.depth) requests"
            case .depthOfClient:
                "all \(limits.workers) workers are busy and this client's share of the queue is full: "
                    + "it holds \(limits.depthOfClient) of its requests"
            case .bytes:
                "the queue is full: its requests have \(waiting) bytes and may have "
                    + "\(limits.bytes)"
            }
        return Status(.resourceExhausted, reason)
    }
}

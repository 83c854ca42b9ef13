// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Containers

/// Some workers and the queue before them. Clients are served round robin, so that a client with many requests delays its
/// own only; requests of one client are served in the order of their arrival. A waiter that gives up leaves from the middle.
/// Pure; every event takes constant time.
struct WorkerQueue<Client: Hashable, Waiter> {
    /// How much may be under way, and how much may wait.
    struct Limits: Equatable, Sendable {
        var workers: Int
        /// Waiters.
        var depth: Int
        /// Waiters of one client.
        var depthOfClient: Int
        /// Bytes of all waiters together.
        var bytes: Int
    }

    /// Names a waiter. It stays unique after the waiter has left.
    typealias Ticket = SlotKey

    /// What to do with a request that arrives.
    enum OnArrival: Equatable {
        /// A worker is free, and taken by this request.
        case start
        case wait(Ticket)
        case reject(Rejection)
    }

    /// Which limit a request would exceed.
    enum Rejection: Equatable { case depth, depthOfClient, bytes }

    /// A waiter, and its neighbours in the queue of its client.
    private struct Entry {
        let waiter: Waiter
        let client: Client
        let bytes: Int
        var previous: Int
        var next: Int
    }

    /// The waiters of one client.
    private struct ClientQueue {
        var first = none
        var last = none
        var depth = 0
    }

    private static var none: Int { -1 }

    let limits: Limits
    /// Workers that are taken.
    private(set) var busyWorkers = 0
    /// Waiters.
    private(set) var depth = 0
    /// Bytes that the waiters hold.
    private(set) var waitingBytes = 0
    private var entries = SlotMap<Entry>()
    private var queues: [Client: ClientQueue] = [:]
    /// The clients of ``queues`` in the order in which they are served next; also those whose waiters have all left.
    private var rotation: ArraySlice<Client> = []

    /// No request of any client would be taken.
    var isFull: Bool {
        busyWorkers >= limits.workers && (depth >= limits.depth || waitingBytes >= limits.bytes)
    }

    /// Clients that are remembered.
    var clientCount: Int { queues.count }

    /// Free workers and an empty queue.
    init(_ limits: Limits) { self.limits = limits }

    /// A request needs a worker, and holds `bytes` while it waits for one.
    mutating func arrived(_ waiter: Waiter, of client: Client, bytes: Int) -> OnArrival {
        if busyWorkers < limits.workers {
            busyWorkers += 1
            return .start
        }
        if depth >= limits.depth { return .reject(.depth) }
        if queues[client]?.depth ?? 0 >= limits.depthOfClient { return .reject(.depthOfClient) }
        if bytes > limits.bytes - waitingBytes { return .reject(.bytes) }
        return .wait(append(waiter, client, bytes))
    }

    /// A waiter gives up. Does nothing when it is not in the queue any more.
    mutating func left(_ ticket: Ticket) {
        if entries.contains(ticket) { _ = remove(ticket.slot) }
    }

    /// A worker is done. The waiter that is returned takes it; without one the worker is free.
    mutating func workerFreed() -> Waiter? {
        while let client = rotation.popFirst() {
            guard let queue = queues[client], queue.depth > 0 else {
                queues[client] = nil
                continue
            }
            rotation.append(client)
            return remove(queue.first)
        }
        busyWorkers -= 1
        return nil
    }

    private mutating func append(_ waiter: Waiter, _ client: Client, _ bytes: Int) -> Ticket {
        if queues[client] == nil { rotation.append(client) }
        var queue = queues[client] ?? ClientQueue()
        let entry = Entry(
            waiter: waiter, client: client, bytes: bytes, previous: queue.last, next: Self.none)
        let ticket = entries.insert(entry)
        if queue.last == Self.none {
            queue.first = ticket.slot
        } else {
            entries[slot: queue.last]?.next = ticket.slot
        }
        queue.last = ticket.slot
        queue.depth += 1
        queues[client] = queue
        depth += 1
        waitingBytes += bytes
        return ticket
    }

    private mutating func remove(_ slot: Int) -> Waiter? {
        guard let entry = entries.remove(slot: slot) else { return nil }
        let (previous, next) = (entry.previous, entry.next)
        if var queue = queues[entry.client] {
            if previous == Self.none {
                queue.first = next
            } else {
                entries[slot: previous]?.next = next
            }
            if next == Self.none {
                queue.last = previous
            } else {
                entries[slot: next]?.previous = previous
            }
            queue.depth -= 1
            queues[entry.client] = queue
        }
        depth -= 1
        waitingBytes -= entry.bytes
        if rotation.count > 2 * depth + 16 { dropEmptyQueues() }
        return entry.waiter
    }

    /// Bounds the memory when many clients come and go while no worker is freed.
    private mutating func dropEmptyQueues() {
        queues = queues.filter { $1.depth > 0 }
        rotation = rotation.filter { queues[$0] != nil }[...]
    }
}

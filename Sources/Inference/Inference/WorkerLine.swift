// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Containers

/// Some workers and the line before them. Clients take turns, so that one with many requests holds up its own; of one
/// client, first come, first served. A waiter that gives up leaves from the middle. Pure; every event takes constant time.
struct WorkerLine<Client: Hashable, Waiter> {
    /// What may be under way and what may wait.
    struct Limits: Equatable, Sendable {
        var workers: Int
        /// Waiters at most.
        var depth: Int
        /// Waiters of one client at most.
        var depthOfClient: Int
        /// Bytes that all waiters together may hold.
        var bytes: Int
    }

    /// Names a place in the line. One that was left, or whose turn has come, is never named again.
    typealias Place = SlotKey

    /// What becomes of whoever arrives.
    enum OnArrival: Equatable {
        /// A worker is free, and taken by this.
        case start
        case wait(Place)
        case refuse(Refusal)
    }

    /// Why nobody can wait any more.
    enum Refusal: Equatable { case depth, depthOfClient, bytes }

    /// A waiter, and its neighbours in the line of its client.
    private struct Entry {
        let waiter: Waiter
        let client: Client
        let bytes: Int
        var previous: Int
        var next: Int
    }

    /// The line of one client.
    private struct Line {
        var first = none
        var last = none
        var depth = 0
    }

    private static var none: Int { -1 }

    let limits: Limits
    /// Workers that are taken.
    private(set) var busyWorkers = 0
    /// Waiters in the line.
    private(set) var depth = 0
    /// Bytes that the waiters hold.
    private(set) var waitingBytes = 0
    private var entries = SlotMap<Entry>()
    private var lines: [Client: Line] = [:]
    /// Whose turn is next. Each client of ``lines`` is here once, also when those who waited have left.
    private var turns: ArraySlice<Client> = []

    /// Clients that are known.
    var clientCount: Int { lines.count }

    init(_ limits: Limits) { self.limits = limits }

    /// Someone wants a worker, and holds `bytes` while waiting for one.
    mutating func arrived(_ waiter: Waiter, of client: Client, bytes: Int) -> OnArrival {
        if busyWorkers < limits.workers {
            busyWorkers += 1
            return .start
        }
        if depth >= limits.depth { return .refuse(.depth) }
        if lines[client]?.depth ?? 0 >= limits.depthOfClient { return .refuse(.depthOfClient) }
        if bytes > limits.bytes - waitingBytes { return .refuse(.bytes) }
        return .wait(append(waiter, client, bytes))
    }

    /// A waiter gives up; nothing happens when its turn has come already.
    mutating func left(_ place: Place) {
        if entries.contains(place) { _ = remove(place.slot) }
    }

    /// A worker is done. It is taken by the first in the line of the client whose turn it is, who is returned, or free
    /// when there is none.
    mutating func workerFreed() -> Waiter? {
        while let client = turns.popFirst() {
            guard let line = lines[client], line.depth > 0 else {
                lines[client] = nil
                continue
            }
            turns.append(client)
            return remove(line.first)
        }
        busyWorkers -= 1
        return nil
    }

    private mutating func append(_ waiter: Waiter, _ client: Client, _ bytes: Int) -> Place {
        if lines[client] == nil { turns.append(client) }
        var line = lines[client] ?? Line()
        let entry = Entry(
            waiter: waiter, client: client, bytes: bytes, previous: line.last, next: Self.none)
        let place = entries.insert(entry)
        if line.last == Self.none {
            line.first = place.slot
        } else {
            entries[slot: line.last]?.next = place.slot
        }
        line.last = place.slot
        line.depth += 1
        lines[client] = line
        depth += 1
        waitingBytes += bytes
        return place
    }

    private mutating func remove(_ slot: Int) -> Waiter? {
        guard let entry = entries.remove(slot: slot) else { return nil }
        let (previous, next) = (entry.previous, entry.next)
        if var line = lines[entry.client] {
            if previous == Self.none {
                line.first = next
            } else {
                entries[slot: previous]?.next = next
            }
            if next == Self.none {
                line.last = previous
            } else {
                entries[slot: next]?.previous = previous
            }
            line.depth -= 1
            lines[entry.client] = line
        }
        depth -= 1
        waitingBytes -= entry.bytes
        if turns.count > 2 * depth + 16 { forgetThoseWhoLeft() }
        return entry.waiter
    }

    /// Clients that come and go while no worker is free leave nothing behind.
    private mutating func forgetThoseWhoLeft() {
        lines = lines.filter { $1.depth > 0 }
        turns = turns.filter { lines[$0] != nil }[...]
    }
}

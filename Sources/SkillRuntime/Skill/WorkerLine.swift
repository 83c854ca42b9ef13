// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Some workers and the line before them: first come, first served. Whoever gives up leaves from the middle.
/// Pure; every event takes constant time.
struct WorkerLine<Waiter> {
    /// What may be under way and what may wait.
    struct Limits: Equatable, Sendable {
        var workers: Int
        /// Waiters at most.
        var depth: Int
        /// Bytes that all waiters together may hold.
        var bytes: Int
    }

    /// Names a place in the line. One that was left, or whose turn has come, is never named again.
    struct Place: Equatable, Sendable {
        let slot: Int
        let generation: UInt32
    }

    /// What becomes of whoever arrives.
    enum OnArrival: Equatable {
        /// A worker is free, and taken by this.
        case start
        case wait(Place)
        case refuse(Refusal)
    }

    /// Why nobody can wait any more.
    enum Refusal: Equatable { case depth, bytes }

    private struct Slot {
        var waiter: Waiter?
        var bytes = 0
        var generation: UInt32 = 0
        var previous = none
        var next = none
    }

    private static var none: Int { -1 }

    let limits: Limits
    /// Workers that are taken.
    private(set) var busyWorkers = 0
    /// Waiters in the line.
    private(set) var depth = 0
    /// Bytes that the waiters hold.
    private(set) var waitingBytes = 0
    private var slots: [Slot] = []
    private var freeSlots: [Int] = []
    private var first = none
    private var last = none

    init(_ limits: Limits) { self.limits = limits }

    /// Someone wants a worker, and holds `bytes` while waiting for one.
    mutating func arrived(_ waiter: Waiter, bytes: Int) -> OnArrival {
        if busyWorkers < limits.workers {
            busyWorkers += 1
            return .start
        }
        if depth >= limits.depth { return .refuse(.depth) }
        if bytes > limits.bytes - waitingBytes { return .refuse(.bytes) }
        return .wait(append(waiter, bytes))
    }

    /// A waiter gives up; nothing happens when its turn has come already.
    mutating func left(_ place: Place) {
        guard slots.indices.contains(place.slot), slots[place.slot].generation == place.generation
        else { return }
        _ = remove(place.slot)
    }

    /// A worker is done. It is taken by the first in the line, who is returned, or free when there is none.
    mutating func workerFreed() -> Waiter? {
        if first != Self.none { return remove(first) }
        busyWorkers -= 1
        return nil
    }

    private mutating func append(_ waiter: Waiter, _ bytes: Int) -> Place {
        let slot = freeSlots.popLast() ?? slots.count
        if slot == slots.count { slots.append(Slot()) }
        slots[slot].waiter = waiter
        slots[slot].bytes = bytes
        slots[slot].previous = last
        slots[slot].next = Self.none
        if last == Self.none { first = slot } else { slots[last].next = slot }
        last = slot
        depth += 1
        waitingBytes += bytes
        return Place(slot: slot, generation: slots[slot].generation)
    }

    private mutating func remove(_ slot: Int) -> Waiter? {
        let (previous, next) = (slots[slot].previous, slots[slot].next)
        if previous == Self.none { first = next } else { slots[previous].next = next }
        if next == Self.none { last = previous } else { slots[next].previous = previous }
        depth -= 1
        waitingBytes -= slots[slot].bytes
        slots[slot].generation &+= 1
        freeSlots.append(slot)
        return slots[slot].waiter.take()
    }
}

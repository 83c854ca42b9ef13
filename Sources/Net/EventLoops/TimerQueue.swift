// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// Names a timer of one queue. A timer that fired or was cancelled is never named again.
public struct TimerID: Hashable, Sendable {
    let slot: Int
    let generation: UInt32
}

/// Moments and what to do at them, as a heap that can also forget from the middle. Pure: time comes in.
struct TimerQueue {
    private struct Slot {
        var generation: UInt32 = 0
        var deadline = MonotonicTime.distantFuture
        var position = -1
        var action: (() -> Void)?
    }

    private var slots: [Slot] = []
    private var freeSlots: [Int] = []
    /// Slots, ordered as a binary heap by deadline.
    private var heap: [Int] = []

    var count: Int { heap.count }

    /// The earliest deadline.
    var next: MonotonicTime? { heap.first.map { slots[$0].deadline } }

    mutating func schedule(
        at deadline: MonotonicTime, _ action: @escaping () -> Void
    ) -> TimerID {
        let slot = freeSlots.popLast() ?? slots.count
        if slot == slots.count { slots.append(Slot()) }
        slots[slot].deadline = deadline
        slots[slot].action = action
        slots[slot].position = heap.count
        heap.append(slot)
        siftUp(heap.count - 1)
        return TimerID(slot: slot, generation: slots[slot].generation)
    }

    /// Forgets a timer; nothing happens when it has fired already.
    mutating func cancel(_ id: TimerID) {
        guard id.slot < slots.count, slots[id.slot].generation == id.generation else { return }
        remove(at: slots[id.slot].position)
    }

    /// Takes out the action of one timer that is due.
    mutating func popDue(at now: MonotonicTime) -> (() -> Void)? {
        guard let first = heap.first, slots[first].deadline <= now else { return nil }
        let action = slots[first].action
        remove(at: 0)
        return action
    }

    private mutating func remove(at position: Int) {
        let slot = heap[position]
        let last = heap.removeLast()
        if position < heap.count {
            place(last, at: position)
            siftDown(position)
            siftUp(slots[last].position)
        }
        slots[slot].generation &+= 1
        slots[slot].position = -1
        slots[slot].action = nil
        freeSlots.append(slot)
    }

    private mutating func place(_ slot: Int, at position: Int) {
        heap[position] = slot
        slots[slot].position = position
    }

    private mutating func siftUp(_ start: Int) {
        var position = start
        let slot = heap[position]
        while position > 0 {
            let parent = (position - 1) / 2
            if slots[heap[parent]].deadline <= slots[slot].deadline { break }
            place(heap[parent], at: position)
            position = parent
        }
        place(slot, at: position)
    }

    private mutating func siftDown(_ start: Int) {
        var position = start
        let slot = heap[position]
        while true {
            var child = 2 * position + 1
            if child >= heap.count { break }
            if child + 1 < heap.count,
                slots[heap[child + 1]].deadline < slots[heap[child]].deadline
            {
                child += 1
            }
            if slots[slot].deadline <= slots[heap[child]].deadline { break }
            place(heap[child], at: position)
            position = child
        }
        place(slot, at: position)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Containers
import SystemIO

/// Names a timer of one queue. A timer that fired or was cancelled is never named again.
package struct TimerID: Hashable, Sendable {
    let key: SlotKey
}

/// Moments and what to do at them, as a heap that can also forget from the middle. Pure: time comes in.
struct TimerQueue {
    private struct Timer {
        var deadline: MonotonicTime
        /// Where its slot is in the heap.
        var position: Int
        var action: () -> Void
    }

    private var timers = SlotMap<Timer>()
    /// Slots, ordered as a binary heap by deadline.
    private var heap: [Int] = []

    var count: Int { heap.count }

    /// The earliest deadline.
    var next: MonotonicTime? { heap.first.map { deadline(of: $0) } }

    mutating func schedule(
        at deadline: MonotonicTime, _ action: @escaping () -> Void
    ) -> TimerID {
        let key = timers.insert(Timer(deadline: deadline, position: heap.count, action: action))
        heap.append(key.slot)
        siftUp(heap.count - 1)
        return TimerID(key: key)
    }

    /// Forgets a timer; nothing happens when it has fired already.
    mutating func cancel(_ id: TimerID) {
        if let position = timers[id.key]?.position { _ = remove(at: position) }
    }

    /// Takes out the action of one timer that is due.
    mutating func popDue(at now: MonotonicTime) -> (() -> Void)? {
        guard let first = heap.first, deadline(of: first) <= now else { return nil }
        return remove(at: 0)?.action
    }

    private mutating func remove(at position: Int) -> Timer? {
        let slot = heap[position]
        let last = heap.removeLast()
        if position < heap.count {
            place(last, at: position)
            siftDown(position)
            siftUp(timers[slot: last]?.position ?? position)
        }
        return timers.remove(slot: slot)
    }

    private func deadline(of slot: Int) -> MonotonicTime {
        timers[slot: slot]?.deadline ?? .distantFuture
    }

    private mutating func place(_ slot: Int, at position: Int) {
        heap[position] = slot
        timers[slot: slot]?.position = position
    }

    private mutating func siftUp(_ start: Int) {
        var position = start
        let slot = heap[position]
        while position > 0 {
            let parent = (position - 1) / 2
            if deadline(of: heap[parent]) <= deadline(of: slot) { break }
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
            if child + 1 < heap.count, deadline(of: heap[child + 1]) < deadline(of: heap[child]) {
                child += 1
            }
            if deadline(of: slot) <= deadline(of: heap[child]) { break }
            place(heap[child], at: position)
            position = child
        }
        place(slot, at: position)
    }
}

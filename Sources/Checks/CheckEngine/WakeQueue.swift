// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// When each check has something to do next: a binary heap with one place for each check, named by its slot.
struct WakeQueue: Sendable {
    private struct Wake: Sendable {
        var time: MonotonicTime
        let slot: Int
    }

    private var heap: [Wake] = []
    /// Where a slot is in the heap; -1 when it is not.
    private var places: [Int] = []

    /// The earliest time; `distantFuture` when it is empty.
    var next: MonotonicTime { heap.first?.time ?? .distantFuture }

    /// How many checks are in it.
    var count: Int { heap.count }

    /// Gives a check its next time, in place of an earlier one.
    mutating func set(_ slot: Int, to time: MonotonicTime) {
        while places.count <= slot { places.append(-1) }
        if places[slot] < 0 {
            places[slot] = heap.count
            heap.append(Wake(time: time, slot: slot))
        } else {
            heap[places[slot]].time = time
        }
        sift(from: places[slot])
    }

    /// Takes a check out.
    mutating func remove(_ slot: Int) {
        guard slot < places.count, places[slot] >= 0 else { return }
        let place = places[slot]
        swap(place, heap.count - 1)
        heap.removeLast()
        places[slot] = -1
        if place < heap.count { sift(from: place) }
    }

    /// The check whose time has come first; nil when none has. It stays in the queue.
    func due(at now: MonotonicTime) -> Int? {
        guard let first = heap.first, first.time <= now else { return nil }
        return first.slot
    }

    private mutating func swap(_ left: Int, _ right: Int) {
        heap.swapAt(left, right)
        places[heap[left].slot] = left
        places[heap[right].slot] = right
    }

    private mutating func sift(from start: Int) {
        var place = start
        while place > 0, heap[place].time < heap[(place - 1) / 2].time {
            swap(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
        while true {
            var child = 2 * place + 1
            guard child < heap.count else { return }
            if child + 1 < heap.count, heap[child + 1].time < heap[child].time { child += 1 }
            guard heap[child].time < heap[place].time else { return }
            swap(place, child)
            place = child
        }
    }
}

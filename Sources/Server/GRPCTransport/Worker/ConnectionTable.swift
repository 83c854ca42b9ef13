// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// The connections of a worker. Each has a slot, which it hands on when another kind of connection takes over its socket:
/// so a sweep can stop anywhere and go on later.
struct ConnectionTable {
    private var slots: [(any Connection)?] = []
    private var freeSlots: [Int] = []

    /// How many candidates one search compares: the sample of an approximate LRU eviction.
    private static let maxCandidates = 32
    /// How many slots one search visits, which takes some 100 us.
    private static let maxVisits = 4096

    var count: Int { slots.count - freeSlots.count }
    var isEmpty: Bool { count == 0 }
    /// One more than the highest slot.
    var endSlot: Int { slots.count }

    subscript(slot: Int) -> (any Connection)? { slots[slot] }

    /// All of them; a copy.
    var all: [any Connection] { slots.compactMap(\.self) }

    mutating func add(_ connection: any Connection) {
        let slot = freeSlots.popLast() ?? slots.count
        if slot == slots.count { slots.append(nil) }
        slots[slot] = connection
        connection.socket.slot = slot
    }

    /// `successor` has taken over the socket of `connection`.
    mutating func replace(_ connection: any Connection, with successor: any Connection) {
        if holds(connection) { slots[connection.socket.slot] = successor }
    }

    /// False when it is not, or no longer, here.
    mutating func remove(_ connection: any Connection) -> Bool {
        guard holds(connection) else { return false }
        slots[connection.socket.slot] = nil
        freeSlots.append(connection.socket.slot)
        return true
    }

    private func holds(_ connection: any Connection) -> Bool {
        let slot = connection.socket.slot
        return slot < slots.count && slots[slot] === connection
    }

    /// The longest idle of the next 32 candidates behind `hand`, which moves on (the clock algorithm); nil when none of
    /// them is idle. To visit all connections for each new one would be too much work.
    func nextIdle(
        from hand: inout Int, where isCandidate: (any Connection) -> Bool
    ) -> (any Connection)? {
        var longest: (since: MonotonicTime, connection: any Connection)?
        var left = Self.maxCandidates
        for _ in 0..<min(Self.maxVisits, slots.count) {
            if left == 0 { break }
            hand = hand + 1 < slots.count ? hand + 1 : 0
            guard let connection = slots[hand], isCandidate(connection) else { continue }
            left -= 1
            guard let since = connection.idleStart else { continue }
            if let longest, longest.since <= since { continue }
            longest = (since, connection)
        }
        return longest?.connection
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Containers
import SystemIO

/// The connections of a worker. Each has a slot, which it hands on when another kind of connection takes over its socket:
/// so a sweep can stop anywhere and go on later.
struct ConnectionTable {
    private var connections = SlotMap<any Connection>()

    /// How many candidates one search compares: the sample of an approximate LRU eviction.
    private static let maxCandidates = 32
    /// How many slots one search visits, which takes some 100 us.
    private static let maxVisits = 4096

    var count: Int { connections.count }
    var isEmpty: Bool { count == 0 }
    /// One more than the highest slot.
    var endSlot: Int { connections.endSlot }

    subscript(slot: Int) -> (any Connection)? { connections[slot: slot] }

    /// All of them; a copy.
    var all: [any Connection] {
        var all: [any Connection] = []
        connections.visit { all.append($0) }
        return all
    }

    /// The connection that has this key, whatever has become of its protocol.
    subscript(key: SlotKey) -> (any Connection)? { connections[key] }

    /// Which key the connection of a slot has; nil when there is none.
    func key(slot: Int) -> SlotKey? { connections.key(slot: slot) }

    mutating func add(_ connection: any Connection) {
        connection.socket.slot = connections.insert(connection).slot
    }

    /// `successor` has taken over the socket of `connection`.
    mutating func replace(_ connection: any Connection, with successor: any Connection) {
        if holds(connection) { connections[slot: connection.socket.slot] = successor }
    }

    /// False when it is not, or no longer, here.
    mutating func remove(_ connection: any Connection) -> Bool {
        guard holds(connection) else { return false }
        connections.remove(slot: connection.socket.slot)
        return true
    }

    private func holds(_ connection: any Connection) -> Bool {
        let slot = connection.socket.slot
        return slot < endSlot && connections[slot: slot] === connection
    }

    /// The longest idle of the next 32 candidates behind `hand`, which moves on (the clock algorithm); nil when none of
    /// them is idle. To visit all connections for each new one would be too much work.
    func nextIdle(
        from hand: inout Int, where isCandidate: (any Connection) -> Bool
    ) -> (any Connection)? {
        var longest: (since: MonotonicTime, connection: any Connection)?
        var left = Self.maxCandidates
        for _ in 0..<min(Self.maxVisits, endSlot) {
            if left == 0 { break }
            hand = hand + 1 < endSlot ? hand + 1 : 0
            guard let connection = connections[slot: hand], isCandidate(connection) else {
                continue
            }
            left -= 1
            guard let since = connection.idleStart else { continue }
            if let longest, longest.since <= since { continue }
            longest = (since, connection)
        }
        return longest?.connection
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// The connections of a loop. Each has a place, which stays the same while one kind of connection follows another on
/// its socket: so a sweep can stop anywhere and go on later, whatever came or went meanwhile.
struct ConnectionTable {
    private var places: [(any Connection)?] = []
    private var freePlaces: [Int] = []

    /// How many connections one search compares: among so many the longest idle is idle long enough.
    private static let judged = 32
    /// How many places it goes through for them, which takes some 100 us.
    private static let searched = 4096

    var count: Int { places.count - freePlaces.count }
    var isEmpty: Bool { count == 0 }
    /// One more than the highest place that ever was.
    var endPlace: Int { places.count }

    subscript(place: Int) -> (any Connection)? { places[place] }

    /// All of them; a copy.
    var all: [any Connection] { places.compactMap(\.self) }

    mutating func add(_ connection: any Connection) {
        let place = freePlaces.popLast() ?? places.count
        if place == places.count { places.append(nil) }
        places[place] = connection
        connection.socket.place = place
    }

    /// `successor` has taken over the socket of `connection`.
    mutating func replace(_ connection: any Connection, with successor: any Connection) {
        if holds(connection) { places[connection.socket.place] = successor }
    }

    /// False when it is not, or no longer, here.
    mutating func remove(_ connection: any Connection) -> Bool {
        guard holds(connection) else { return false }
        places[connection.socket.place] = nil
        freePlaces.append(connection.socket.place)
        return true
    }

    private func holds(_ connection: any Connection) -> Bool {
        let place = connection.socket.place
        return place < places.count && places[place] === connection
    }

    /// Of the next few connections that are meant, from where `hand` points on, the one that has been idle the
    /// longest; nil when none of them is idle. Searching through all for each newcomer would be the attacker's work.
    func nextIdle(
        from hand: inout Int, where isMeant: (any Connection) -> Bool
    ) -> (any Connection)? {
        var longest: (since: MonotonicTime, connection: any Connection)?
        var left = Self.judged
        for _ in 0..<min(Self.searched, places.count) {
            if left == 0 { break }
            hand = hand + 1 < places.count ? hand + 1 : 0
            guard let connection = places[hand], isMeant(connection) else { continue }
            left -= 1
            guard let since = connection.idleStart else { continue }
            if let longest, longest.since <= since { continue }
            longest = (since, connection)
        }
        return longest?.connection
    }
}

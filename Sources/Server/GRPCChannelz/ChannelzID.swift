// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Containers
import GRPCTransport

/// The numbers by which clients name things. No two things of a process have the same one, and it stays as long as they do.
///
/// ```
///   server              1...7
///   channel             8 and on
///   socket of a server  server << 60 | loop << 50 | slot << 30 | generation, which is its place in the server
/// ```
/// A socket is found by its number without a search, and a list goes by rising numbers without sorting. The slot whose bits
/// are all set is that of the socket on which the loop listens.
enum ChannelzID {
    /// Servers that have a number.
    static let maxServers = 7
    private static let maxLoops = 1 << 10
    private static let listenSlot = 1 << 20 - 1

    /// What a number names.
    enum Entity: Equatable {
        case server(Int)
        case channel(Int)
        case listenSocket(server: Int, loop: Int)
        case socket(server: Int, ConnectionPlace)
    }

    // Servers and channels by their places in their lists.

    static func server(_ index: Int) -> Int64 { Int64(index + 1) }
    static func channel(_ index: Int) -> Int64 { Int64(index + maxServers + 1) }

    static func listenSocket(server: Int, loop: Int) -> Int64 {
        number(server: server, loop: loop, slot: listenSlot, generation: 0)
    }

    /// Nil for a connection that is too many to have a number.
    static func socket(server: Int, _ place: ConnectionPlace) -> Int64? {
        guard place.loop < maxLoops, place.key.slot < listenSlot else { return nil }
        return number(
            server: server, loop: place.loop, slot: place.key.slot,
            generation: Int(place.key.generation & 0x3fff_ffff))
    }

    private static func number(server: Int, loop: Int, slot: Int, generation: Int) -> Int64 {
        Int64(server + 1) << 60 | Int64(loop) << 50 | Int64(slot) << 30 | Int64(generation)
    }

    /// What a number names, if that is there.
    static func entity(_ number: Int64) -> Entity? {
        if number <= 0 { return nil }
        if number <= maxServers { return .server(Int(number) - 1) }
        if number < 1 << 50 { return .channel(Int(number) - maxServers - 1) }
        let server = Int(number >> 60) - 1
        if server < 0 { return nil }
        let place = place(number)
        return place.key.slot == listenSlot
            ? .listenSocket(server: server, loop: place.loop) : .socket(server: server, place)
    }

    /// Where a list of a server's sockets begins that has this number and higher ones; nil when there are none.
    static func firstPlace(from number: Int64, server: Int) -> ConnectionPlace? {
        let first = self.number(server: server, loop: 0, slot: 0, generation: 0)
        let last = self.number(
            server: server, loop: maxLoops - 1, slot: listenSlot, generation: 0x3fff_ffff)
        return number > last ? nil : place(max(number, first))
    }

    private static func place(_ number: Int64) -> ConnectionPlace {
        let slot = Int(number >> 30) & listenSlot
        let generation = UInt32(truncatingIfNeeded: number & 0x3fff_ffff)
        return ConnectionPlace(
            loop: Int(number >> 50) & (maxLoops - 1),
            key: SlotKey(slot: slot, generation: generation))
    }
}

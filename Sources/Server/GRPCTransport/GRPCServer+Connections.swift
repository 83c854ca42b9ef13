// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import Containers
import EventLoops

/// Names a connection of a server: its loop, and its place there. The same for as long as the connection lives, and
/// never that of another one.
package struct ConnectionPlace: Hashable, Sendable {
    /// The number of the loop.
    package let loop: Int
    package let key: SlotKey

    package init(loop: Int, key: SlotKey) {
        self.loop = loop
        self.key = key
    }
}

extension GRPCServer {
    /// A connection in a list.
    package typealias ListedConnection = (place: ConnectionPlace, peer: String)

    /// How many loops it has.
    package var loopCount: Int { workers.count }

    /// The connections from this place on, in the order of loops, slots and generations, and `limit` of them at the most. Only as
    /// many are visited. The server's loops must be running.
    package func connections(
        from first: ConnectionPlace, limit: Int
    ) async -> [ListedConnection] {
        var found: [ListedConnection] = []
        for loop in workers.indices where loop >= first.loop && found.count < limit {
            let slot = loop == first.loop ? first.key.slot : 0
            let generation = loop == first.loop ? first.key.generation : 0
            let limit = limit - found.count
            found += await workers[loop].perform { worker in
                worker.connections.list(from: slot, generation, limit: limit).map {
                    (ConnectionPlace(loop: loop, key: $0.key), $0.peer)
                }
            }
        }
        return found
    }

    /// What is known of a connection; nil when it has gone. The server's loops must be running.
    package func connection(at place: ConnectionPlace) async -> SocketStatistics? {
        guard workers.indices.contains(place.loop) else { return nil }
        return await workers[place.loop].perform { worker in
            guard let connection = worker.connections[place.key] else { return nil }
            var statistics = SocketStatistics()
            connection.socket.describe(in: &statistics)
            connection.describe(in: &statistics)
            return statistics
        }
    }
}

extension ConnectionTable {
    /// The connections from a slot on; of this slot only one that came into it as late as `generation`, or later.
    fileprivate func list(
        from slot: Int, _ generation: UInt32, limit: Int
    ) -> [(key: SlotKey, peer: String)] {
        var found: [(key: SlotKey, peer: String)] = []
        var next = slot
        while next < endSlot, found.count < limit {
            if let key = key(slot: next), next > slot || key.generation >= generation,
                let connection = self[next]
            {
                found.append((key, connection.socket.peer))
            }
            next += 1
        }
        return found
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Whose TLS handshake takes its next step. Pure.
///
/// Fair by cost between the networks that clients come from (start-time fair queueing; Goyal, Vin and Cheng, 1996): a
/// step starts, in a virtual time that advances with the work, where the network's latest step ends. A network that
/// floods waits for its own steps, a new one for one step of each network.
struct HandshakeQueue<Network: Hashable, Client: AnyObject> {
    private struct Entry {
        let client: Client
        let start: Int64
    }

    private var entries: [Entry] = []
    /// Where the latest step of each network ends, in nanoseconds of work.
    private var ends: [Network: Int64] = [:]
    private var workTime: Int64 = 0

    /// Of a first step, until it is known.
    private static var expectedCost: Int64 { 1_000_000 }

    var isEmpty: Bool { entries.isEmpty }

    /// Puts a client at the end of its network's queue; before all others when a part of its handshake is done.
    mutating func add(_ client: Client, of network: Network, hasBegun: Bool) {
        var start = workTime
        if !hasBegun {
            start = max(start, ends[network] ?? 0)
            ends[network] = start + Self.expectedCost
        }
        entries.append(Entry(client: client, start: start))
    }

    /// Takes out the next client.
    mutating func next() -> Client? {
        guard let index = entries.indices.min(by: { entries[$0].start < entries[$1].start }) else {
            return nil
        }
        let entry = entries.remove(at: index)
        workTime = max(workTime, entry.start)
        return entry.client
    }

    /// The step of a client has taken so many nanoseconds; zero for one that left instead.
    mutating func charge(_ cost: Int64, to network: Network, hasBegun: Bool) {
        if entries.isEmpty {
            // No client waits, so no network owes time to another.
            ends.removeAll()
            workTime = 0
            return
        }
        ends[network, default: workTime] += hasBegun ? cost : cost - Self.expectedCost
        if ends.count > 2 * entries.count + 64 { ends = ends.filter { $0.value > workTime } }
    }

    /// Takes a client out that has left.
    mutating func remove(_ client: Client, of network: Network, hasBegun: Bool) {
        guard let index = entries.firstIndex(where: { $0.client === client }) else { return }
        entries.remove(at: index)
        charge(0, to: network, hasBegun: hasBegun)
    }
}

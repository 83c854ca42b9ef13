// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GRPCTransport

@Suite("Whose TLS handshake goes on next")
struct HandshakeQueueTests {
    private final class Client {
        let network: String
        let number: Int

        init(_ network: String, _ number: Int = 0) {
            (self.network, self.number) = (network, number)
        }
    }

    private typealias Queue = HandshakeQueue<String, Client>

    private static let millisecond: Int64 = 1_000_000

    /// Takes steps of this cost until no client waits, or as often as said; whose they were.
    private func serve(
        _ queue: inout Queue, _ times: Int = .max, cost: (Client) -> Int64 = { _ in millisecond }
    ) -> [String] {
        var served: [String] = []
        while served.count < times, let client = queue.next() {
            served.append(client.network)
            queue.charge(cost(client), to: client.network, hasBegun: false)
        }
        return served
    }

    @Test("Clients of one network are served in the order in which they came")
    func order() {
        var queue = Queue()
        for number in 0..<100 { queue.add(Client("a", number), of: "a", hasBegun: false) }
        for number in 0..<100 { #expect(queue.next()?.number == number) }
        #expect(queue.next() == nil)
    }

    @Test(
        "A new network waits for one step of a flood, and each network gets as much as the others")
    func fairness() {
        var queue = Queue()
        for _ in 0..<500 { queue.add(Client("flood"), of: "flood", hasBegun: false) }
        _ = serve(&queue, 200)
        for _ in 0..<3 { queue.add(Client("new"), of: "new", hasBegun: false) }
        let served = serve(&queue, 8)
        #expect(served.prefix(2).contains("new"))
        #expect(served.count { $0 == "new" } == 3)
        // What it did not use before it came is not saved up for it.
        for _ in 0..<50 { queue.add(Client("late"), of: "late", hasBegun: false) }
        #expect(abs(serve(&queue, 40).count { $0 == "late" } - 20) <= 1)
    }

    @Test("A network with expensive steps gets fewer of them")
    func cost() {
        var queue = Queue()
        for _ in 0..<200 {
            queue.add(Client("dear"), of: "dear", hasBegun: false)
            queue.add(Client("cheap"), of: "cheap", hasBegun: false)
            // Between them, as each comes when the one before it has been served.
            _ = serve(&queue, 1) { $0.network == "dear" ? 9 * Self.millisecond : Self.millisecond }
        }
        let left = serve(&queue) { _ in Self.millisecond }
        #expect(left.count { $0 == "dear" } > 3 * left.count { $0 == "cheap" })
    }

    @Test("A client with a part of its handshake done goes before all who only begin")
    func continuing() {
        var queue = Queue()
        for network in ["a", "b", "c"] { queue.add(Client(network), of: network, hasBegun: false) }
        _ = serve(&queue, 1)
        queue.add(Client("a", 7), of: "a", hasBegun: false)
        queue.add(Client("d", 1), of: "d", hasBegun: true)
        #expect(["b", "d"].contains(queue.next()?.network))
    }

    @Test("A client that leaves is not served, and its network is not charged")
    func leaving() {
        var queue = Queue()
        let clients = (0..<300).map { Client("a", $0) }
        for client in clients { queue.add(client, of: "a", hasBegun: false) }
        queue.add(Client("b"), of: "b", hasBegun: false)
        for client in clients.dropLast() { queue.remove(client, of: "a", hasBegun: false) }
        queue.add(Client("a", 1000), of: "a", hasBegun: false)
        #expect(Set(serve(&queue, 3)) == ["a", "b"])
        #expect(queue.isEmpty)
    }
}

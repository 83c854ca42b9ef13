// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import InstanceRegistry
import Logging
import Registering
import StatusBoard
import Synchronization
import SystemIO
import TestSupport
import Testing

/// A store that answers when a test says so.
private final class SlowStore: RegistryStore {
    var puts: [(status: InstanceStatus, done: (Result<PutOutcome, StoreFailure>) -> Void)] = []

    func put(_ instance: Instance, _ done: @escaping (Result<PutOutcome, StoreFailure>) -> Void) {
        puts.append((instance.status, done))
    }
    func remove(_ key: InstanceKey, _ done: @escaping (Result<Void, StoreFailure>) -> Void) {}
    func list(
        _ service: String, _ done: @escaping (Result<[Instance], StoreFailure>) -> Void
    ) {}
    func watch(_ service: String, _ told: @escaping (WatchNews) -> Void) -> any StoreWatch {
        fatalError("a registrar watches nothing")
    }
    func close() {}
}

@Suite("The registrar")
struct RegistrarTests {
    @Test(
        "A drain that was taken back while the store had not answered is not taken for the next one"
    )
    func drainResumeDrain() throws {
        let group = try EventLoopGroup(count: 1)
        defer { group.stop() }
        let box = Mailbox<[String]>()
        let loop = group.loops[0]
        loop.post {
            let store = SlowStore()
            let board = Board(rules: [(HealthName.readiness, .outcome("memory"))])
            let key = InstanceKey(service: "s", id: "s-1")
            let registrar = Registrar(
                Instance(key, host: "h", port: 1, status: .starting),
                in: [.init(store, named: "slow", timeToLive: .seconds(300))], board: board,
                on: loop, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            registrar.start()
            store.puts[0].done(.success(.registered))
            var events: [String] = []
            registrar.drain(within: .seconds(3600)) { events.append("first is over") }
            events.append("taken back")
            registrar.resume()
            events.append("asked again")
            registrar.drain(within: .seconds(3600)) { events.append("second is over") }
            events.append("the store answers")
            // The first drain, which was under way; then the second.
            store.puts[1].done(.success(.kept))
            box.put(events + store.puts.map { "\($0.status)" })
        }
        #expect(
            box.next() == [
                "taken back", "first is over", "asked again", "the store answers",
                "second is over", "unavailable", "draining",
            ])
    }
}

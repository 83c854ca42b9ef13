// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import InstanceRegistry
import StoreConformance
import Synchronization
import SystemIO
import TestSupport
import Testing

@testable import LocalRegistry

/// Stores of one directory, whose clock the test moves on.
private final class MemoryRig: StoreRig {
    private struct Box {
        var directory: LoopBound<InstanceDirectory>?
        var ahead = Duration.zero
    }

    private let box = Mutex(Box())

    var features: Set<RigFeature> { [.timeToLive, .loseAll] }
    var timeToLive: Duration { .seconds(300) }

    func makeStore(on loop: EventLoop) throws -> any RegistryStore {
        let directory = box.withLock { box in
            if let directory = box.directory { return directory }
            let directory = InstanceDirectory(on: loop) { [unowned self] in
                .now() + self.box.withLock { $0.ahead }
            }
            let bound = LoopBound(directory, on: loop)
            box.directory = bound
            return bound
        }
        return MemoryStore(of: directory.value, timeToLive: timeToLive)
    }

    func passTime(_ share: Double) throws {
        box.withLock { $0.ahead += timeToLive * share }
        onLoop { $0.expire() }
    }

    func loseAll() throws { onLoop { $0.removeAll() } }

    private func onLoop(_ work: @escaping @Sendable (InstanceDirectory) -> Void) {
        guard let directory = box.withLock({ $0.directory }) else { return }
        directory.loop.post { work(directory.value) }
    }
}

@Suite("The store in memory")
struct MemoryStoreTests {
    @Test(
        "It does what every store does",
        arguments: StoreConformance.cases(for: [.timeToLive, .loseAll]))
    func conforms(conformance: StoreConformance) throws { try conformance.run(MemoryRig()) }

    @Test("A time to live ends by the timer of the loop, without a call")
    func timer() throws {
        let group = try EventLoopGroup(count: 1)
        defer { group.stop() }
        let loop = group.loops[0]
        let news = Mailbox<[String]>()
        loop.post {
            let directory = InstanceDirectory(on: loop)
            let key = InstanceKey(service: "s", id: "a")
            let instance = Instance(key, host: "h", port: 1, status: .available)
            try? directory.put(instance, timeToLive: .milliseconds(20))
            _ = directory.watch("s") { instances in
                // It holds the directory.
                news.put(directory.table.instances(of: "s").ids)
                _ = instances
            }
        }
        #expect(news.next() == ["a"])
        #expect(news.next() == [])
    }

    @Test("Changes of one tick are told together, and what undoes itself is not told")
    func together() throws {
        let group = try EventLoopGroup(count: 1)
        defer { group.stop() }
        let loop = group.loops[0]
        let (news, done) = (Mailbox<[String]>(), Mailbox<InstanceDirectory.Counts>())
        loop.post {
            let directory = InstanceDirectory(on: loop)
            func put(_ id: String) {
                let key = InstanceKey(service: "s", id: id)
                let instance = Instance(key, host: "h", port: 1, status: .available)
                try? directory.put(instance, timeToLive: nil)
            }
            _ = directory.watch("s") { news.put($0.ids) }
            put("a")
            put("b")
            _ = loop.schedule(at: .now()) {
                put("c")
                directory.remove(InstanceKey(service: "s", id: "c"))
                loop.atEndOfTick { done.put(directory.counts) }
            }
        }
        #expect(done.next() == InstanceDirectory.Counts(registrations: 3, deregistrations: 1))
        #expect(news.next() == ["a", "b"])
        #expect(news.count == 0)
    }
}

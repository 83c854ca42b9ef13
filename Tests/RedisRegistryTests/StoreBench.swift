// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import InstanceRegistry
import SystemIO
import TestSupport

/// A store on a loop of its own, asked from the thread of a test, which waits for each answer.
final class StoreBench: Sendable {
    private let store: LoopBound<any RegistryStore>

    private var loop: EventLoop { store.loop }

    init(_ make: (EventLoop) throws -> any RegistryStore) throws {
        let loop = try EventLoopGroup(count: 1).loops[0]
        store = LoopBound(try make(loop), on: loop)
    }

    deinit {
        let (store, loop) = (store, loop)
        loop.post {
            store.value.close()
            loop.stop()
        }
    }

    func put(_ instance: Instance) -> Result<PutOutcome, StoreFailure>? {
        wait { store, done in store.put(instance, done) }
    }

    func remove(_ key: InstanceKey) -> StoreFailure? {
        let result: Result<Bool, StoreFailure>? = wait { store, done in
            store.remove(key) { done($0.map { true }) }
        }
        guard case .failure(let failure)? = result else { return nil }
        return failure
    }

    func list(_ service: String) -> Result<[Instance], StoreFailure>? {
        wait { store, done in store.list(service, done) }
    }

    /// Watches a service; the news, one after the other.
    func watch(_ service: String) -> Mailbox<WatchNews> {
        let news = Mailbox<WatchNews>()
        loop.post { [store] in
            // Until the store is closed.
            _ = store.value.watch(service) { news.put($0) }
        }
        return news
    }

    func close() { loop.post { [store] in store.value.close() } }

    private func wait<Value: Sendable>(
        _ body:
            @escaping @Sendable (
                any RegistryStore, @escaping (Result<Value, StoreFailure>) -> Void
            ) -> Void
    ) -> Result<Value, StoreFailure>? {
        let answers = Mailbox<Result<Value, StoreFailure>>()
        loop.post { [store] in body(store.value) { answers.put($0) } }
        return answers.next()
    }
}

extension Mailbox where Value == WatchNews {
    /// The next news that are as wanted; nil when none is within 30 s each.
    func next(where isWanted: (WatchNews) -> Bool) -> WatchNews? {
        while let news = next() {
            if isWanted(news) { return news }
        }
        return nil
    }

    /// Waits for the list to have these ids.
    func hasIDs(_ ids: [String]) -> Bool {
        next { news in
            guard case .instances(let instances) = news else { return false }
            return instances.map(\.key.id) == ids
        } != nil
    }
}

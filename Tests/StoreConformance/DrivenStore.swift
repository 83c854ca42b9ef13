// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import InstanceRegistry
import Synchronization
import TestSupport

/// A store of a rig on its loop, asked from the thread of a test, which waits for each answer. It finds fault with callbacks that
/// come inside the call, or twice.
package final class DrivenStore: Sendable {
    private let store: LoopBound<any RegistryStore>
    private let faults = Mutex<[String]>([])

    /// Makes a store of the rig.
    package init(_ rig: any StoreRig, on loop: EventLoop) throws {
        let box = Mailbox<Result<LoopBound<any RegistryStore>, any Error>>()
        loop.post { box.put(Result { LoopBound(try rig.makeStore(on: loop), on: loop) }) }
        guard let made = box.next() else { throw Unexpected(description: "no store within 30 s") }
        store = try made.get()
    }

    /// Writes an instance.
    package func put(_ instance: Instance) throws -> PutOutcome {
        try begin { $0.put(instance, $1) }.value().get()
    }

    /// Takes one out.
    package func remove(_ key: InstanceKey) throws {
        try begin { $0.remove(key, $1) }.value().get()
    }

    /// The instances, ordered by id.
    package func list(_ service: String) throws -> [Instance] {
        try begin { $0.list(service, $1) }.value().get().byID
    }

    /// Begins to watch.
    package func watch(_ service: String) throws -> DrivenWatch {
        try DrivenWatch(of: service, store) { [self] in add($0) }
    }

    /// Closes it, after what was called before.
    package func close() { store.loop.post { [store] in store.value.close() } }

    /// Begins a call, and does not wait.
    package func begin<Value: Sendable>(
        _ call:
            @escaping @Sendable (
                any RegistryStore, @escaping (Result<Value, StoreFailure>) -> Void
            ) -> Void
    ) -> PendingAnswer<Value> {
        let pending = PendingAnswer<Value>()
        store.loop.post { [self] in
            var (isInside, count) = (true, 0)
            call(store.value) { [self] result in
                count += 1
                if isInside { add("a callback came inside its call") }
                if count > 1 { return add("a callback came twice") }
                if !store.loop.isCurrent { add("a callback came on another thread") }
                pending.box.put(result)
            }
            isInside = false
        }
        return pending
    }

    /// Throws when something was wrong with callbacks.
    package func checkFaults() throws {
        let idle = Mailbox<Bool>()
        // Two rounds: what was posted by the first is done before the second.
        store.loop.post { [loop = store.loop] in loop.post { idle.put(true) } }
        _ = idle.next()
        if let fault = faults.withLock({ $0.first }) { throw Unexpected(description: fault) }
    }

    private func add(_ fault: String) { faults.withLock { $0.append(fault) } }
}

/// An answer that a test waits for.
package struct PendingAnswer<Value: Sendable>: Sendable {
    let box = Mailbox<Result<Value, StoreFailure>>()

    /// What came; throws when nothing came within 30 s.
    package func value() throws -> Result<Value, StoreFailure> {
        guard let answer = box.next() else {
            throw Unexpected(description: "no callback within 30 s")
        }
        return answer
    }
}

extension [Instance] {
    /// Ordered by id: stores have no order.
    package var byID: [Instance] { sorted { $0.key.id < $1.key.id } }
    /// The ids, ordered.
    package var ids: [String] { map(\.key.id).sorted() }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
package import InstanceRegistry

/// A store in the memory of this process: several stores of one directory see each other.
package final class MemoryStore: RegistryStore {
    /// How long an instance lives after a put.
    package static let timeToLive = Duration.seconds(300)

    private final class Watch: StoreWatch {
        private weak var store: MemoryStore?
        fileprivate let id: InstanceDirectory.WatcherID
        fileprivate var told: ((WatchNews) -> Void)?

        init(
            _ store: MemoryStore, _ id: InstanceDirectory.WatcherID,
            _ told: @escaping (WatchNews) -> Void
        ) {
            self.store = store
            self.id = id
            self.told = told
        }

        func cancel() {
            told = nil
            store?.end(id)
        }
    }

    private let directory: InstanceDirectory
    private let timeToLive: Duration
    /// What this store wrote last, of what it has not taken out.
    private var written: [InstanceKey: Instance] = [:]
    private var watches: [InstanceDirectory.WatcherID: Watch] = [:]
    /// Callbacks of this tick; they are given whether the store was closed meanwhile.
    private var due: [(_ isClosed: Bool) -> Void] = []
    private var isClosed = false

    /// A store of `directory`, on its loop.
    package init(of directory: InstanceDirectory, timeToLive: Duration = MemoryStore.timeToLive) {
        self.directory = directory
        self.timeToLive = timeToLive
    }

    deinit { close() }

    package func put(
        _ instance: Instance, _ done: @escaping (Result<PutOutcome, StoreFailure>) -> Void
    ) {
        finish(done) { () throws(StoreFailure) in
            directory.expire()
            let found = directory.table.told(instance.key)
            let outcome: PutOutcome =
                switch found {
                case nil: .registered
                case written[instance.key]: .kept
                default: .repaired
                }
            try directory.put(instance, timeToLive: timeToLive)
            written[instance.key] = instance
            if outcome == .repaired { directory.countRepair() }
            return outcome
        }
    }

    package func remove(
        _ key: InstanceKey, _ done: @escaping (Result<Void, StoreFailure>) -> Void
    ) {
        finish(done) { () throws(StoreFailure) in
            if let fault = key.fault { throw .refused(fault) }
            directory.remove(key)
            written[key] = nil
        }
    }

    package func list(
        _ service: String, _ done: @escaping (Result<[Instance], StoreFailure>) -> Void
    ) {
        finish(done) { () throws(StoreFailure) in
            if let refusal = StoreFailure.refusal(of: service) { throw refusal }
            directory.expire()
            return directory.table.instances(of: service).sorted { $0.key.id < $1.key.id }
        }
    }

    package func watch(_ service: String, _ told: @escaping (WatchNews) -> Void) -> any StoreWatch {
        let watch = Watch(self, directory.watch(service) { told(.instances($0)) }, told)
        watches[watch.id] = watch
        let refusal = isClosed ? .closed : StoreFailure.refusal(of: service)
        if let refusal { end([watch], refusal) }
        return watch
    }

    package func close() {
        guard !isClosed else { return }
        isClosed = true
        written = [:]
        end(Array(watches.values), .closed)
    }

    private func end(_ ended: [Watch], _ failure: StoreFailure) {
        for watch in ended { end(watch.id) }
        // Of the watches, and not of the store, which may be gone by then.
        directory.loop.atEndOfTick {
            for watch in ended { watch.told?(.away(failure)) }
        }
    }

    private func end(_ id: InstanceDirectory.WatcherID) {
        directory.end(id)
        watches[id] = nil
    }

    /// Does the work now, and calls back at the end of the tick.
    private func finish<Value>(
        _ done: @escaping (Result<Value, StoreFailure>) -> Void,
        _ work: () throws(StoreFailure) -> Value
    ) {
        let result: Result<Value, StoreFailure>
        if isClosed {
            result = .failure(.closed)
        } else {
            do throws(StoreFailure) { result = .success(try work()) } catch {
                result = .failure(error)
            }
        }
        if due.isEmpty { directory.loop.atEndOfTick { [self] in callBack() } }
        due.append { isClosed in done(isClosed ? .failure(.closed) : result) }
    }

    private func callBack() {
        let calls = due
        due = []
        for call in calls { call(isClosed) }
    }
}

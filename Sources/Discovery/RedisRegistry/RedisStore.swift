// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import InstanceRegistry
package import NetworkChecks
import RedisWire
import SystemIO

/// A registry in Redis, as readers in other languages know it:
///
/// - the hash `services:NAME:ID`, with a time to live that each write renews in the same transaction;
/// - the set `service_names`, and the set `service_instances:NAME` of ids; what has gone is taken out of them;
/// - the channel `service_changes:NAME`, to which the id is published after a change.
///
/// A cluster is not supported: the keys of one transaction are on several of its nodes.
package final class RedisStore: RegistryStore {
    /// What this store has written of an instance.
    private struct Written {
        /// What the server has confirmed.
        var confirmed: [String: String]?
        /// What was sent since then, in order: each may have arrived although there was no answer.
        var attempts: [(number: Int, fields: [String: String])] = []

        /// Attempts that are remembered; before that, one is taken for a change by another.
        private static let maxAttempts = 4

        /// Remembers one that is sent now.
        mutating func add(_ number: Int, _ fields: [String: String]) {
            attempts.removeAll { $0.fields == fields }
            attempts.append((number, fields))
            if attempts.count > Self.maxAttempts { attempts.removeFirst() }
        }

        /// Replies come in order: what was sent before has been overwritten.
        mutating func confirm(_ number: Int, _ fields: [String: String]) {
            confirmed = fields
            attempts.removeAll { $0.number <= number }
        }

        /// Whether it was written here.
        func has(_ fields: [String: String]) -> Bool {
            fields == confirmed || attempts.contains { $0.fields == fields }
        }
    }

    private let loop: EventLoop
    private let times: RedisTimes
    private let link: RedisLink
    private let watches: RedisWatches
    private var written: [InstanceKey: Written] = [:]
    private var lastNumber = 0

    /// A store that opens no connection before it is asked.
    package convenience init(
        _ target: RedisTarget, _ times: RedisTimes = RedisTimes(), on loop: EventLoop
    ) { self.init(RedisPlace(target), times, on: loop) }

    /// The same, at the master that sentinels name.
    package convenience init(
        _ target: SentinelTarget, _ times: RedisTimes = RedisTimes(), on loop: EventLoop
    ) { self.init(RedisPlace(target), times, on: loop) }

    private init(_ place: RedisPlace, _ times: RedisTimes, on loop: EventLoop) {
        self.loop = loop
        self.times = times
        let link = RedisLink(to: place, times, on: loop)
        self.link = link
        watches = RedisWatches(
            link, RedisLink(to: place, times, on: loop), times, on: loop)
    }

    deinit { close() }

    package func close() {
        link.close()
        watches.close()
    }

    // MARK: Writing

    package func put(
        _ instance: Instance, _ done: @escaping (Result<PutOutcome, StoreFailure>) -> Void
    ) {
        if let fault = instance.fault { return later(done, .failure(.refused(fault))) }
        let (key, fields) = (instance.key, RedisRecord.fields(of: instance))
        let earlier = written[key] ?? Written()
        lastNumber += 1
        let number = lastNumber
        written[key, default: Written()].add(number, fields)
        // After an attempt without an answer watches may know of that.
        let isChange = fields != earlier.confirmed || !earlier.attempts.isEmpty
        link.ask(RedisCommands.put(key, fields, times.timeToLive, publishes: isChange)) {
            [weak self] result in
            let outcome = result.flatMap { replies in
                RedisCommands.committed(replies).map { Self.outcome($0, fields, earlier) }
            }
            if case .success = outcome { self?.written[key]?.confirm(number, fields) }
            self?.ended(outcome, of: key, isPublished: isChange)
            // The first time only: a server that has lost its data has no such ids, and would be asked by all at once.
            if case .success = outcome, earlier.confirmed == nil {
                self?.tidy(key.service)
            }
            done(outcome)
        }
    }

    /// Takes out the ids of those that have crashed: each start has a new one, and there may be no reader that lists them. It looks
    /// at some only, since many may start at once; where one in twenty has gone, each start takes out as many as it adds.
    private func tidy(_ service: String) {
        link.ask([RedisCommands.sample(of: service)]) { [weak link] result in
            guard let link, case .success(let replies) = result,
                case .array(let members?)? = replies.first
            else { return }
            let keys = RedisListing.ids(members).prefix(RedisCommands.sampleSize)
                .map { InstanceKey(service: service, id: $0) }
            link.ask(keys.map { ["EXISTS", RedisCommands.hash($0)] }) { result in
                guard case .success(let replies) = result else { return }
                let gone = zip(keys, replies).filter { $1 == .integer(0) }
                if !gone.isEmpty { link.ask(gone.map { RedisCommands.tidying($0.0) }) { _ in } }
            }
        }
    }

    private func ended(
        _ outcome: Result<PutOutcome, StoreFailure>, of key: InstanceKey, isPublished: Bool
    ) {
        switch outcome {
        case .success(let outcome):
            if outcome != .kept, !isPublished {
                link.ask([RedisCommands.publication(of: key)]) { _ in }
            }
        case .failure(let failure): dropReplica(failure)
        }
    }

    /// What the transaction found, from its replies: the fields as they were, and what was new in the sets.
    private static func outcome(
        _ replies: [RedisValue], _ fields: [String: String], _ earlier: Written
    ) -> PutOutcome {
        let found = RedisRecord.fields(in: replies.first ?? .null)
        // An error says that it was no hash.
        if StoreFailure(replies.first ?? .null) != nil { return .repaired }
        if found.isEmpty { return .registered }
        let isOwn = found == fields || earlier.has(found)
        let isListed = replies.dropFirst(4).prefix(2).allSatisfy { $0 == .integer(0) }
        return isOwn && isListed ? .kept : .repaired
    }

    package func remove(
        _ key: InstanceKey, _ done: @escaping (Result<Void, StoreFailure>) -> Void
    ) {
        if let fault = key.fault { return later(done, .failure(.refused(fault))) }
        written[key] = nil
        link.ask(RedisCommands.remove(key)) { [weak self] result in
            let result = result.flatMap { RedisCommands.committed($0).map { _ in () } }
            if case .failure(let failure) = result { self?.dropReplica(failure) }
            done(result)
        }
        link.ask([RedisCommands.tidying(key)]) { _ in }
    }

    /// The next connection may find the new master.
    private func dropReplica(_ failure: StoreFailure) {
        if failure == RedisCommands.replica { link.drop(failure) }
    }

    // MARK: Reading

    package func list(
        _ service: String, _ done: @escaping (Result<[Instance], StoreFailure>) -> Void
    ) {
        if let refusal = StoreFailure.refusal(of: service) {
            return later(done, .failure(refusal))
        }
        RedisListing.run(service, link) { result in
            done(result.map { $0.values.sorted { $0.key.id < $1.key.id } })
        }
    }

    package func watch(
        _ service: String, _ told: @escaping (WatchNews) -> Void
    ) -> any StoreWatch {
        if let refusal = StoreFailure.refusal(of: service) {
            let watch = RedisWatch(told)
            _ = loop.schedule(at: loop.now) { watch.tell(.away(refusal)) }
            return watch
        }
        return watches.add(service, told)
    }

    private func later<Value>(
        _ done: @escaping (Result<Value, StoreFailure>) -> Void,
        _ result: Result<Value, StoreFailure>
    ) {
        _ = loop.schedule(at: loop.now) { done(result) }
    }
}

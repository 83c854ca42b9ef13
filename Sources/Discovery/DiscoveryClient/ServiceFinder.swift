// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import InstanceRegistry
import SystemIO

/// Finds instances of services for a client: from a cache that a watch of the store keeps fresh, that survives the store, and
/// that is compared with the store each minute. Belongs to a loop.
package final class ServiceFinder {
    /// What a finder does.
    package struct Options: Sendable {
        package var balancing = Balancing.roundRobin
        package var caution = KnownInstances.Caution()
        /// How often the cache is compared with the store: a watch may be silent for a bad reason.
        package var refresh = Duration.seconds(60)
        /// A service that was not asked for is let go of after so long.
        package var idle = Duration.seconds(600)
        /// Services that are known at once, at most: one more takes the place of another (``ServiceFinder/makeRoom()``).
        package var services = 1000

        /// The defaults.
        package init() {}
    }

    /// What has happened since the start.
    package struct Counts: Equatable, Sendable {
        package internal(set) var lookups = 0
        package internal(set) var misses = 0
        /// Lists that were not what the watch had told.
        package internal(set) var missedChanges = 0
        package internal(set) var timesAway = 0
        package internal(set) var timesBelowFloor = 0
        /// Services that were let go of for others.
        package internal(set) var evictions = 0
    }

    private final class Entry {
        let service: String
        var known: KnownInstances
        var watch: (any StoreWatch)?
        var timer: TimerID?
        var latestUse: MonotonicTime
        var latestList: [Instance]?
        var waiting: [Int: (FoundInstances) -> Void] = [:]
        /// Those who need it even while it is not asked for.
        var holders = 0

        init(_ service: String, _ known: KnownInstances, at now: MonotonicTime) {
            self.service = service
            self.known = known
            latestUse = now
        }

        /// Somebody waits for it, or holds it.
        var isWanted: Bool { holders > 0 || !waiting.isEmpty }
        var isEmpty: Bool { known.usable.isEmpty }
    }

    /// What is known, for other threads.
    package let services: FoundServices
    /// Called after a change of what is known of a service, also when that is let go of.
    package var onChange: ((_ service: String) -> Void)?
    package private(set) var counts = Counts()
    /// How long first look-ups of a service took.
    package private(set) var firstLookups = DurationHistogram()
    private let store: any RegistryStore
    private let loop: EventLoop
    private let options: Options
    private let fallback: [String: [Instance]]
    private var entries: [String: Entry] = [:]
    private var latestNumber = 0

    /// A finder in `store`, of the same loop. `fallback` has instances for a store that cannot be asked from the start; what is
    /// found is told to `services`.
    package init(
        in store: any RegistryStore, on loop: EventLoop, _ options: Options = Options(),
        fallback: [String: [Instance]] = [:], services: FoundServices? = nil
    ) {
        self.store = store
        self.loop = loop
        self.options = options
        self.fallback = fallback
        self.services = services ?? FoundServices(options.balancing)
    }

    /// What is known now; nil when nothing is, and then the store is asked for the next time.
    package func cached(_ service: String) -> FoundInstances? {
        guard let entry = entry(service), entry.known.source != .nothing else {
            counts.misses += 1
            return nil
        }
        return FoundInstances(entry.known)
    }

    /// Calls back with what is known: at once when something is, be it the fallback; else when the store has answered or cannot be
    /// asked, or after `limit`.
    package func find(
        _ service: String, within limit: Duration, _ done: @escaping (FoundInstances) -> Void
    ) {
        let begin = MonotonicTime.now()
        guard let entry = entry(service) else {
            var nothing = KnownInstances()
            nothing.lost(
                .refused("\(options.services) services are in use, and no more are taken"),
                at: begin)
            let found = FoundInstances(nothing)
            return loop.atEndOfTick { done(found) }
        }
        if entry.known.source != .nothing {
            let found = FoundInstances(entry.known)
            return loop.atEndOfTick { done(found) }
        }
        counts.misses += 1
        latestNumber += 1
        let number = latestNumber
        let timer = loop.schedule(at: begin + limit) {
            if let done = entry.waiting.removeValue(forKey: number) {
                done(FoundInstances(entry.known))
            }
        }
        entry.waiting[number] = { [self] found in
            loop.cancel(timer)
            firstLookups.record(.now() - begin)
            done(found)
        }
    }

    /// Chooses an instance for a request, which has to be ended by ``ended(_:_:)``; nil when none is known.
    package func choose(_ service: String) -> Instance? {
        entry(service).flatMap { services.choose($0.service, at: loop.now) }
    }

    /// A request of an instance has ended. One that failed takes an instance out that the store said is gone.
    package func ended(_ key: InstanceKey, _ end: RequestEnd) {
        services.ended(key, end, at: loop.now)
        if end == .failed { failed(key) }
    }

    /// A request of an instance has failed.
    package func failed(_ key: InstanceKey) {
        guard let entry = entries[key.service], entry.known.isBelowFloor else { return }
        found(key, isServing: false)
    }

    /// Keeps what is known of a service fresh until it is released, also while it is not asked for; false when too many are in use.
    package func hold(_ service: String) -> Bool {
        guard let entry = entry(service) else { return false }
        entry.holders += 1
        return true
    }

    /// Ends one ``hold(_:)``.
    package func release(_ service: String) {
        guard let entry = entries[service] else { return }
        entry.holders = max(0, entry.holders - 1)
    }

    /// What is known of a service, without being a use of it; nil when it is not looked for.
    package func known(_ service: String) -> FoundInstances? {
        entries[service].map { FoundInstances($0.known) }
    }

    /// The services that are known.
    package var names: [String] { entries.keys.sorted() }

    /// Those whose health is worth knowing: in use, or might be.
    package func candidates(_ service: String) -> [Instance] {
        entries[service]?.known.candidates ?? []
    }

    /// Somebody knows whether an instance serves, such as a Watch of its health.
    package func found(_ key: InstanceKey, isServing: Bool) {
        guard let entry = entries[key.service] else { return }
        if entry.known.found(key.id, isServing: isServing, at: .now()) { changed(entry) }
    }

    /// Lets go of all.
    package func close() {
        for service in Array(entries.keys) { letGo(service) }
    }

    // MARK: Entries

    /// Nil when too many are in use.
    private func entry(_ service: String) -> Entry? {
        counts.lookups += 1
        if let entry = entries[service] {
            entry.latestUse = loop.now
            return entry
        }
        guard entries.count < options.services || makeRoom() else { return nil }
        let known = KnownInstances(fallback: fallback[service] ?? [], options.caution)
        let entry = Entry(service, known, at: loop.now)
        entries[service] = entry
        changed(entry)
        entry.watch = store.watch(service) { [weak self] in self?.told($0, service) }
        setTimer(service, entry)
        return entry
    }

    /// Lets go of one without instances, such as a wrong name, else of any: the one that was not asked for for longest. False when
    /// somebody waits for or holds each.
    private func makeRoom() -> Bool {
        var worst: (entry: Entry, latestUse: MonotonicTime)?
        for entry in entries.values where !entry.isWanted {
            let latestUse = latestUse(of: entry)
            if let worst {
                if entry.isEmpty != worst.entry.isEmpty {
                    if worst.entry.isEmpty { continue }
                } else if latestUse >= worst.latestUse {
                    continue
                }
            }
            worst = (entry, latestUse)
        }
        guard let worst else { return false }
        counts.evictions += 1
        letGo(worst.entry.service)
        return true
    }

    /// When a service was asked for last, here or on another thread.
    private func latestUse(of entry: Entry) -> MonotonicTime {
        max(entry.latestUse, services.latestUse(of: entry.service) ?? entry.latestUse)
    }

    private func told(_ news: WatchNews, _ service: String) {
        guard let entry = entries[service] else { return }
        switch news {
        case .instances(let instances): received(instances, entry)
        case .away(let failure):
            if entry.known.failure == nil { counts.timesAway += 1 }
            entry.known.lost(failure, at: .now())
            changed(entry)
            answerWaiting(entry)
        }
    }

    private func received(_ instances: [Instance], _ entry: Entry) {
        let wasBelowFloor = entry.known.isBelowFloor
        entry.latestList = instances.sorted { $0.key.id < $1.key.id }
        entry.known.received(instances, at: .now())
        if entry.known.isBelowFloor, !wasBelowFloor { counts.timesBelowFloor += 1 }
        changed(entry)
        answerWaiting(entry)
    }

    private func answerWaiting(_ entry: Entry) {
        let waiting = entry.waiting
        entry.waiting = [:]
        for done in waiting.values { done(FoundInstances(entry.known)) }
    }

    private func changed(_ entry: Entry) {
        services.set(entry.service, FoundInstances(entry.known), at: loop.now)
        onChange?(entry.service)
    }

    private func setTimer(_ service: String, _ entry: Entry) {
        // A quarter of it is random: clients that started together do not ask together.
        let wait = options.refresh * Double.random(in: 0.75...1)
        entry.timer = loop.schedule(at: .now() + wait) { [weak self] in self?.refresh(service) }
    }

    private func refresh(_ service: String) {
        guard let entry = entries[service] else { return }
        if loop.now - latestUse(of: entry) >= options.idle, !entry.isWanted {
            return letGo(service)
        }
        if let deadline = entry.known.nextDeadline, deadline <= loop.now {
            entry.known.forget(at: .now())
            changed(entry)
        }
        setTimer(service, entry)
        store.list(service) { [weak self, weak entry] result in
            guard let self, let entry, case .success(let instances) = result else { return }
            let before = entry.latestList
            let now = instances.sorted { $0.key.id < $1.key.id }
            if let before, before != now { counts.missedChanges += 1 }
            received(instances, entry)
        }
    }

    private func letGo(_ service: String) {
        guard let entry = entries.removeValue(forKey: service) else { return }
        entry.watch?.cancel()
        if let timer = entry.timer { loop.cancel(timer) }
        services.remove(service)
        onChange?(service)
        answerWaiting(entry)
    }
}

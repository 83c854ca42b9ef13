// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import InstanceRegistry
package import SystemIO

/// What a client knows of the instances of one service: the latest list, what has vanished from it, and what the client has
/// found out itself. Pure.
///
/// A store that is away takes nothing away: the last list stays, with its age. A store that says that most are gone is not
/// believed at once: below a share of what there was (the floor), those that went without draining are used until the client
/// has seen them fail, or until they are forgotten. A store that has lost its data cannot empty a client.
package struct KnownInstances {
    /// How much a store is believed.
    package struct Caution: Sendable {
        /// The share of known instances that stays in use on the word of the store alone.
        package var floor = 0.5
        /// How long one that has vanished is remembered.
        package var memory = Duration.seconds(300)

        /// The defaults.
        package init() {}
    }

    /// Where what is in use comes from.
    package enum Source: Equatable, Sendable {
        /// Nothing is known yet.
        case nothing
        /// The store, as it is now.
        case store
        /// The last list of a store that is away.
        case lastGood
        /// The list that the client was given at the start.
        case fallback
    }

    private let caution: Caution
    private let fallback: [Instance]
    /// The list of the store by id; nil before the first.
    private var listed: [String: Instance]?
    /// Those that are not listed any more, and were in use when they were last.
    private var vanished: [String: (instance: Instance, since: MonotonicTime)] = [:]
    /// Those that do not serve, as the client has found out.
    private var down: Set<String> = []
    /// When the store told its list last; nil before the first.
    private(set) var latestList: MonotonicTime?
    private var isFallback = false
    /// Why the store is away; nil while it is not.
    package private(set) var failure: StoreFailure?
    /// Those to use. Shared with who asks for it.
    package private(set) var usable: [Instance] = []
    /// Some of ``usable`` are used against the word of the store.
    package private(set) var isBelowFloor = false

    /// Nothing is known, but the instances of `fallback`.
    package init(fallback: [Instance] = [], _ caution: Caution = Caution()) {
        self.fallback = fallback
        self.caution = caution
        usable = fallback
    }

    /// Where ``usable`` comes from.
    package var source: Source {
        guard listed != nil else { return fallback.isEmpty ? .nothing : .fallback }
        if isFallback { return .fallback }
        return failure == nil ? .store : .lastGood
    }

    /// How old the list of the store is; nil before the first.
    package func age(at now: MonotonicTime) -> Duration? { latestList.map { now - $0 } }

    /// Takes a list of the store.
    package mutating func received(_ instances: [Instance], at now: MonotonicTime) {
        var new: [String: Instance] = [:]
        for instance in instances.prefix(InstanceLimits.instances) {
            new[instance.key.id] = instance
            vanished[instance.key.id] = nil
            // What was found out was of another time of its life, if it is back. Else it is no less true.
            if let old = listed?[instance.key.id], old.status != instance.status,
                instance.status == .available
            {
                down.remove(instance.key.id)
            }
        }
        for (id, old) in listed ?? [:] where new[id] == nil {
            down.remove(id)
            // One that drained has said itself that it goes.
            let wasInUse = old.status == .available || old.status == .unavailable
            if wasInUse, vanished.count < InstanceLimits.instances { vanished[id] = (old, now) }
        }
        listed = new
        latestList = now
        failure = nil
        choose(at: now)
    }

    /// The store cannot be asked.
    package mutating func lost(_ failure: StoreFailure, at now: MonotonicTime) {
        self.failure = failure
        choose(at: now)
    }

    /// The client has found out whether an instance serves; false when that was known.
    @discardableResult
    package mutating func found(_ id: String, isServing: Bool, at now: MonotonicTime) -> Bool {
        if isServing {
            guard down.remove(id) != nil else { return false }
        } else {
            let wasVanished = vanished.removeValue(forKey: id) != nil
            let isNew = listed?[id] != nil && down.insert(id).inserted
            guard wasVanished || isNew else { return false }
        }
        choose(at: now)
        return true
    }

    /// Those that are in use, or might be when they serve: the client may find out.
    package var candidates: [Instance] {
        vanished.values.map(\.instance)
            + (listed ?? [:]).values.filter { $0.status == .available || $0.status == .unavailable }
    }

    /// How many instances the store has, by status.
    package var statuses: [InstanceStatus: Int] {
        (listed ?? [:]).values.reduce(into: [:]) { $0[$1.status, default: 0] += 1 }
    }

    /// When something is to be forgotten; nil when there is nothing.
    package var nextDeadline: MonotonicTime? {
        vanished.values.map(\.since).min().map { $0 + caution.memory }
    }

    /// Forgets what has vanished for long.
    package mutating func forget(at now: MonotonicTime) {
        vanished = vanished.filter { now - $0.value.since < caution.memory }
        choose(at: now)
    }

    private mutating func choose(at now: MonotonicTime) {
        isFallback = false
        isBelowFloor = false
        guard let listed else {
            usable = fallback
            return
        }
        let serving = listed.filter { !down.contains($0.key) }
        var chosen = serving.values.filter { $0.status == .available }
        let doubtful =
            vanished.values.sorted { $0.since > $1.since }.map(\.instance)
            + serving.values.filter { $0.status == .unavailable }
        let known = chosen.count + doubtful.count
        let least = Int((Double(known) * caution.floor).rounded(.up))
        if chosen.count < least {
            chosen += doubtful.prefix(least - chosen.count)
            isBelowFloor = true
        }
        if chosen.isEmpty, !fallback.isEmpty {
            chosen = fallback
            isFallback = true
        }
        // Those behind the first priority are for when none of it is left.
        let first = chosen.lazy.map(\.priority).min() ?? 0
        if chosen.contains(where: { $0.priority > first }) {
            chosen.removeAll { $0.priority > first }
        }
        usable = chosen.sorted { $0.key.id < $1.key.id }
    }
}

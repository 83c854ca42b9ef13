// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import InstanceRegistry
import SystemIO

/// The instances of one service. All arrays have the same order; a place is that of an instance in them, until one is removed.
struct ServiceRecord {
    /// What is known of an instance beside what others see.
    struct Fate {
        /// The status that the instance tells of itself.
        var told: InstanceStatus {
            didSet { toldFailures = Self.isFailure(told) ? min(toldFailures, .max - 1) + 1 : 0 }
        }
        /// How often in a row it has told that it cannot serve.
        private(set) var toldFailures: Int
        /// When it is forgotten, unless it is put again; nil without a time to live.
        var deadline: MonotonicTime?
        let registered: MonotonicTime
        var latestPut: MonotonicTime
        var wasHealthy: Bool
        var health = InstanceHealth()

        init(
            told: InstanceStatus, deadline: MonotonicTime?, registered: MonotonicTime
        ) {
            self.told = told
            self.deadline = deadline
            self.registered = registered
            latestPut = registered
            wasHealthy = told == .available
            toldFailures = Self.isFailure(told) ? 1 : 0
        }

        private static func isFailure(_ told: InstanceStatus) -> Bool { told == .unavailable }

        /// Judgements in a row by which it does not serve: its own, or those of others.
        var consecutiveFailures: Int { max(toldFailures, health.consecutiveFailures) }

        /// The status that others see.
        var shownStatus: InstanceStatus { health.status(told: told) }

        /// When something was heard of it last.
        var latestSign: MonotonicTime { max(latestPut, health.lastCheck ?? latestPut) }
    }

    /// As others see them. Shared with those who were told: a change copies it once, however many they are.
    private(set) var instances: [Instance] = []
    private(set) var fates: [Fate] = []
    /// A bit for each tag of an instance, by its hash: most instances without a tag are passed over by one comparison.
    private var tagBits: [UInt64] = []
    private var places: [String: Int] = [:]

    var count: Int { instances.count }

    func place(of id: String) -> Int? { places[id] }

    mutating func append(_ instance: Instance, _ fate: Fate) {
        places[instance.key.id] = instances.count
        instances.append(instance)
        fates.append(fate)
        tagBits.append(Self.bits(instance.tags))
    }

    /// Takes one out; the last takes its place.
    mutating func remove(at place: Int) {
        places[instances[place].key.id] = nil
        let last = instances.count - 1
        if place != last { places[instances[last].key.id] = place }
        instances.swapAt(place, last)
        fates.swapAt(place, last)
        tagBits.swapAt(place, last)
        instances.removeLast()
        fates.removeLast()
        tagBits.removeLast()
    }

    mutating func replace(at place: Int, with instance: Instance) {
        if instances[place].tags != instance.tags { tagBits[place] = Self.bits(instance.tags) }
        instances[place] = instance
    }

    mutating func setFate(at place: Int, _ change: (inout Fate) -> Void) { change(&fates[place]) }

    /// The places of those whose fate is as wanted, rising.
    func places(where isWanted: (Fate) -> Bool) -> [Int] {
        fates.indices.filter { isWanted(fates[$0]) }
    }

    /// Those that somebody wants, in no order.
    func select(_ selection: InstanceSelection) -> [Instance] {
        if selection.isAll { return instances }
        let wanted = Self.bits(selection.tags)
        func isWanted(_ place: Int) -> Bool {
            tagBits[place] & wanted == wanted && selection.matches(instances[place])
        }
        // Often all are wanted: then nothing is copied.
        guard let first = instances.indices.first(where: { !isWanted($0) }) else {
            return instances
        }
        var selected = Array(instances[..<first])
        for place in (first + 1)..<instances.count where isWanted(place) {
            selected.append(instances[place])
        }
        return selected
    }

    private static func bits(_ tags: [String]) -> UInt64 {
        tags.reduce(0) { $0 | 1 << UInt64(truncatingIfNeeded: $1.hashValue & 63) }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import InstanceDocuments
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
    /// As others read them; empty where no documents are kept.
    private(set) var encoded: [EncodedInstance] = []
    /// Bytes of all of them.
    private(set) var encodedBytes = 0
    /// The places in the order of the ids, kept while there are documents; nil before they are asked for.
    private var order: [Int]?

    var count: Int { instances.count }

    func place(of id: String) -> Int? { places[id] }

    mutating func append(_ instance: Instance, _ fate: Fate, _ document: EncodedInstance?) {
        if let position = position(of: instance.key.id) {
            order?.insert(instances.count, at: position)
        }
        places[instance.key.id] = instances.count
        instances.append(instance)
        fates.append(fate)
        tagBits.append(Self.bits(instance.tags))
        guard let document else { return }
        encoded.append(document)
        encodedBytes += document.byteCount
    }

    /// Takes one out; the last takes its place. Returns by how many bytes the documents grow.
    mutating func remove(at place: Int) -> Int {
        let last = instances.count - 1
        if let moved = position(of: instances[last].key.id),
            let removed = position(of: instances[place].key.id)
        {
            order?[moved] = place
            order?.remove(at: removed)
        }
        places[instances[place].key.id] = nil
        if place != last { places[instances[last].key.id] = place }
        instances.swapAt(place, last)
        fates.swapAt(place, last)
        tagBits.swapAt(place, last)
        instances.removeLast()
        fates.removeLast()
        tagBits.removeLast()
        if encoded.isEmpty { return 0 }
        encoded.swapAt(place, last)
        return grow(by: -encoded.removeLast().byteCount)
    }

    /// Returns by how many bytes the documents grow.
    mutating func replace(
        at place: Int, with instance: Instance, _ document: EncodedInstance?
    ) -> Int {
        if instances[place].tags != instance.tags { tagBits[place] = Self.bits(instance.tags) }
        instances[place] = instance
        guard let document else { return 0 }
        let before = encoded[place].byteCount
        encoded[place] = document
        return grow(by: document.byteCount - before)
    }

    /// Takes what is seen of one now. Returns by how many bytes the documents grow.
    mutating func see(_ sight: InstanceDocument.Sight, at place: Int) -> Int {
        if encoded.isEmpty { return 0 }
        let before = encoded[place].byteCount
        encoded[place].see(sight)
        return grow(by: encoded[place].byteCount - before)
    }

    private mutating func grow(by change: Int) -> Int {
        encodedBytes += change
        return change
    }

    /// Many will be taken out: it is faster to put them in order again.
    mutating func forgetOrder() { order = nil }

    /// Where in the order an id is, or belongs; nil without an order.
    private func position(of id: String) -> Int? {
        guard let order else { return nil }
        var (low, high) = (0, order.count)
        while low < high {
            let middle = (low + high) / 2
            if instances[order[middle]].key.id < id { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Appends those that somebody wants to a list, in the order of their ids.
    mutating func write(_ selection: InstanceSelection, to list: inout EncodedList) {
        let places = order ?? places.sorted { $0.key < $1.key }.map(\.value)
        order = places
        let wanted = Self.bits(selection.tags)
        if selection.isAll { list.reserve(encodedBytes) }
        for place in places where isWanted(place, wanted, selection) {
            list.append(encoded[place])
        }
    }

    private func isWanted(_ place: Int, _ bits: UInt64, _ selection: InstanceSelection) -> Bool {
        tagBits[place] & bits == bits && selection.matches(instances[place])
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
        // Often all are wanted: then nothing is copied.
        guard let first = instances.indices.first(where: { !isWanted($0, wanted, selection) })
        else {
            return instances
        }
        var selected = Array(instances[..<first])
        for place in (first + 1)..<instances.count where isWanted(place, wanted, selection) {
            selected.append(instances[place])
        }
        return selected
    }

    private static func bits(_ tags: [String]) -> UInt64 {
        tags.reduce(0) { $0 | 1 << UInt64(truncatingIfNeeded: $1.hashValue & 63) }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import DiscoveryClient
import InstanceRegistry
import SystemIO
import Testing

@Suite("The choice of an instance")
struct InstanceChooserTests {
    private let start = MonotonicTime(nanoseconds: 5_000_000_000)

    private func instances(_ ids: String) -> [Instance] {
        ids.map { id in
            let key = InstanceKey(service: "s", id: String(id))
            return Instance(key, host: "h", port: 1, status: .available)
        }
    }

    /// Instances `a`, `b` and so on.
    private func weighted(_ weights: [Int]) -> [Instance] {
        zip(instances("abcdefghijklmnopqrstuvwxyz"), weights).map { instance, weight in
            var instance = instance
            instance.metadata[Instance.weightName] = "\(weight)"
            return instance
        }
    }

    /// How often each was chosen.
    private func choices(_ chooser: inout InstanceChooser, _ count: Int, ends: Bool = true)
        -> [String: Int]
    {
        var found: [String: Int] = [:]
        for _ in 0..<count {
            guard let id = chooser.choose(at: start)?.key.id else { continue }
            found[id, default: 0] += 1
            if ends { chooser.ended(id, .succeeded, at: start) }
        }
        return found
    }

    @Test("Without instances there is no choice", arguments: Balancing.allCases)
    func none(balancing: Balancing) {
        var chooser = InstanceChooser(balancing, seed: 7)
        #expect(chooser.choose(at: start) == nil)
        chooser.set(instances("a"))
        #expect(chooser.choose(at: start)?.key.id == "a")
        chooser.set([])
        #expect(chooser.choose(at: start) == nil)
        chooser.ended("a", .succeeded, at: start)
    }

    @Test("Equal ones take turns", arguments: Balancing.allCases)
    func turns(balancing: Balancing) {
        var chooser = InstanceChooser(balancing, seed: 7)
        chooser.set(instances("abc"))
        #expect(choices(&chooser, 300) == ["a": 100, "b": 100, "c": 100])
    }

    @Test("One that fails is passed over until a while has passed, or until all fail")
    func failures() {
        var chooser = InstanceChooser(.leastFailures, seed: 7)
        chooser.set(instances("abc"))
        chooser.ended("b", .failed, at: start)
        #expect(choices(&chooser, 20) == ["a": 10, "c": 10])
        chooser.ended("a", .failed, at: start)
        chooser.ended("c", .failed, at: start)
        #expect(choices(&chooser, 3, ends: false) == ["a": 1, "b": 1, "c": 1])
        chooser.ended("a", .failed, at: start)
        #expect(choices(&chooser, 2, ends: false) == ["b": 1, "c": 1])
        let later = start + InstanceChooser.failureTime
        let found = Set((0..<3).compactMap { _ in chooser.choose(at: later)?.key.id })
        #expect(found == ["a", "b", "c"])
    }

    @Test("One that failed once is tried again after a while, however often another one fails")
    func forgiven() {
        var chooser = InstanceChooser(.leastFailures, seed: 7)
        chooser.set(instances("abc"))
        chooser.ended("a", .failed, at: start)
        // Before that time is over, again and again.
        var now = start
        while now < start + InstanceChooser.failureTime {
            chooser.ended("b", .failed, at: now)
            _ = chooser.choose(at: now)
            now = now + InstanceChooser.failureTime / 4
        }
        let found = Set((0..<6).compactMap { _ in chooser.choose(at: now)?.key.id })
        #expect(found == ["a", "c"])
    }

    @Test("The one with the fewest requests is chosen, and keeps its load when others come")
    func requests() {
        var chooser = InstanceChooser(.leastRequests, seed: 7)
        chooser.set(instances("ab"))
        #expect(choices(&chooser, 10, ends: false) == ["a": 5, "b": 5])
        for _ in 0..<3 { chooser.ended("b", .succeeded, at: start) }
        chooser.set(instances("bca"))
        #expect(choices(&chooser, 5, ends: false)["c"] ?? 0 >= 3)
        #expect(choices(&chooser, 1, ends: false)["a"] == nil)
    }

    @Test("Of many, two are compared: the load stays even")
    func many() {
        var chooser = InstanceChooser(.leastRequests, seed: 7)
        chooser.set(instances("abcdefghijklmnopqrstuvwxyz"))
        let found = choices(&chooser, 2600, ends: false)
        #expect(found.count == 26)
        #expect(found.values.allSatisfy { (95...105).contains($0) })
    }

    @Test("Each is chosen as often as its weight says", arguments: Balancing.allCases)
    func weights(balancing: Balancing) {
        var chooser = InstanceChooser(balancing, seed: 7)
        chooser.set(weighted([60, 30, 10]))
        let found = choices(&chooser, 1000)
        #expect((590...610).contains(found["a"] ?? 0))
        #expect((290...310).contains(found["b"] ?? 0))
        #expect((90...110).contains(found["c"] ?? 0))
        // Whatever the weight is, as long as all have it.
        chooser.set(weighted([0, 0, 0]))
        #expect(choices(&chooser, 300) == ["a": 100, "b": 100, "c": 100])
    }

    @Test("Turns by weight are spread: one of a tenth comes once in about ten")
    func spread() {
        var chooser = InstanceChooser(.roundRobin, seed: 7)
        chooser.set(weighted([9, 1]))
        var gaps: [Int] = []
        var gap = 0
        for _ in 0..<1000 {
            gap += 1
            guard chooser.choose(at: start)?.key.id == "b" else { continue }
            gaps.append(gap)
            gap = 0
        }
        #expect(gaps.dropFirst().allSatisfy { (5...13).contains($0) })
    }

    @Test("One with the weight 0 gets next to nothing, and all when it is alone")
    func zero() {
        var chooser = InstanceChooser(.roundRobin, seed: 7)
        chooser.set(weighted([0, 1, 1]))
        let found = choices(&chooser, 1000)
        #expect((1...10).contains(found["a"] ?? 0))
        chooser.set(weighted([0]))
        #expect(choices(&chooser, 5) == ["a": 5])
    }

    @Test("Of those with the fewest failures the weights decide")
    func weightsOfBest() {
        var chooser = InstanceChooser(.leastFailures, seed: 7)
        chooser.set(weighted([90, 3, 1]))
        chooser.ended("a", .failed, at: start)
        let found = choices(&chooser, 400)
        #expect(found["a"] == nil)
        #expect((295...305).contains(found["b"] ?? 0))
    }

    @Test("Requests under way are shared by weight, of few and of many")
    func weightedLoad() {
        var few = InstanceChooser(.leastRequests, seed: 7)
        few.set(weighted([30, 10]))
        let found = choices(&few, 400, ends: false)
        #expect((290...310).contains(found["a"] ?? 0))
        var many = InstanceChooser(.leastRequests, seed: 7)
        many.set(weighted(Array(repeating: 10, count: 20) + [100, 100]))
        let ofMany = choices(&many, 4000, ends: false)
        #expect(ofMany.count == 22)
        #expect((900...1100).contains(ofMany["u"] ?? 0))
        #expect((80...120).contains(ofMany["a"] ?? 0))
    }
}

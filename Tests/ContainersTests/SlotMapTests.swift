// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Containers
import TestSupport
import Testing

@Suite("A slot map")
struct SlotMapTests {
    @Test("A key finds its element, and nothing once that was removed")
    func staleKeys() {
        var map = SlotMap<String>()
        let first = map.insert("a")
        #expect(map[first] == "a" && map.count == 1)
        #expect(map.remove(first) == "a")
        #expect(map.remove(first) == nil && map[first] == nil && !map.contains(first))
        let second = map.insert("b")
        #expect(second.slot == first.slot && second != first)
        #expect(map[first] == nil && map[second] == "b")
        #expect(map[SlotKey(rawValue: .max)] == nil)
        #expect(SlotKey(rawValue: second.rawValue) == second)
    }

    @Test("An element is changed in its slot")
    func changes() {
        var map = SlotMap<[Int]>()
        let key = map.insert([1])
        map[slot: key.slot]?.append(2)
        #expect(map[key] == [1, 2])
    }

    @Test("Any order of calls does what a dictionary does", arguments: 0..<20 as Range<UInt64>)
    func model(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var map = SlotMap<Int>()
        var model: [SlotKey: Int] = [:]
        var removed: [SlotKey] = []
        for step in 0..<500 {
            if Bool.random(using: &random) || model.isEmpty {
                let key = map.insert(step)
                #expect(model.updateValue(step, forKey: key) == nil)
            } else if let key = model.keys.sorted(by: { $0.rawValue < $1.rawValue })
                .randomElement(using: &random)
            {
                #expect(map.remove(key) == model.removeValue(forKey: key))
                removed.append(key)
            }
            #expect(map.count == model.count && map.endSlot <= 500)
        }
        var elements: [Int] = []
        map.visit { elements.append($0) }
        #expect(elements.sorted() == model.values.sorted())
        #expect(Set((0..<map.endSlot).compactMap { map.key(slot: $0) }) == Set(model.keys))
        #expect(removed.allSatisfy { map[$0] == nil && !map.contains($0) })
        #expect(model.allSatisfy { map[$0.key] == $0.value })
    }
}

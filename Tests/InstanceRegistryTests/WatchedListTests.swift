// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import InstanceRegistry
import Testing

@Suite("What a watch has told")
struct WatchedListTests {
    private let away = StoreFailure.unreachable("refused")

    @Test("A list is told when it is another one, the empty one as well")
    func lists() {
        var known = WatchedList<[String]>()
        #expect(known.list == nil)
        let told = [[], [], ["a"], ["a"], []].map { known.found($0) }
        #expect(told == [true, false, true, false, true])
        #expect(known.list == [])
    }

    @Test("That a store is away is told once, and then its list again, be it the same")
    func failures() {
        var known = WatchedList<[String]>()
        var told = [known.lost(away), known.lost(.refused("token"))]
        #expect(known.failure == .refused("token"))
        told += [known.found(["a"]), known.lost(away)]
        #expect(known.list == ["a"] && known.failure == away)
        told.append(known.found(["a"]))
        #expect(known.failure == nil)
        #expect(told == [true, false, true, true, true])
    }

    @Test("A store that is back with what is known is told, and nothing when there is no list")
    func returning() {
        var known = WatchedList<[String]>()
        var told = [known.returned(), known.lost(away), known.returned()]
        #expect(known.failure == nil)
        told += [known.found(["a"]), known.returned(), known.lost(away), known.returned()]
        #expect(told == [false, true, false, true, false, true, true])
    }

    @Test("A list is changed where it is, once there is one")
    func changes() {
        var known = WatchedList<[String: Int]>()
        let set = { (list: inout [String: Int]) in
            if list["a"] == 1 { return false }
            list["a"] = 1
            return true
        }
        let told = [known.change(set), known.found([:]), known.change(set), known.change(set)]
        #expect(told == [false, true, true, false])
        #expect(known.list == ["a": 1])
    }
}

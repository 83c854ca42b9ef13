// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import DiscoveryClient
import InstanceRegistry
import SystemIO
import Testing

@Suite("What a client believes of a store")
struct KnownInstancesTests {
    private let start = MonotonicTime(nanoseconds: 5_000_000_000)

    private func instances(_ ids: String, _ status: InstanceStatus = .available) -> [Instance] {
        ids.map { id in
            let key = InstanceKey(service: "s", id: String(id))
            return Instance(key, host: "h", port: 1, status: status)
        }
    }

    private func ids(_ known: KnownInstances) -> String { known.usable.map(\.key.id).joined() }

    @Test("A store that is away takes nothing away, and the list has its age")
    func away() {
        var known = KnownInstances()
        #expect(known.source == .nothing)
        known.received(instances("abc"), at: start)
        known.lost(.unreachable("refused"), at: start + .seconds(1))
        #expect(ids(known) == "abc" && known.source == .lastGood)
        #expect(known.age(at: start + .seconds(600)) == .seconds(600))
        known.received(instances("ab"), at: start + .seconds(601))
        #expect(ids(known) == "ab" && known.source == .store)
    }

    @Test("A store that has lost its data empties no client: half of the list stays in use")
    func floor() {
        var known = KnownInstances()
        known.received(instances("abcdef"), at: start)
        known.received([], at: start + .seconds(1))
        #expect(known.usable.count == 3 && known.isBelowFloor)
        known.received(instances("a"), at: start + .seconds(2))
        #expect(known.usable.count == 3 && known.isBelowFloor)
        known.received(instances("abc"), at: start + .seconds(3))
        #expect(ids(known) == "abc" && !known.isBelowFloor)
    }

    @Test("What vanished is used no more when it fails, and is forgotten after five minutes")
    func confirmed() {
        var known = KnownInstances()
        known.received(instances("abcd"), at: start)
        known.received([], at: start + .seconds(1))
        while let doubtful = known.usable.first {
            known.found(doubtful.key.id, isServing: false, at: start + .seconds(2))
        }
        #expect(!known.isBelowFloor)
        known.received(instances("abcd"), at: start + .seconds(3))
        #expect(ids(known) == "abcd")
        known.received([], at: start + .seconds(4))
        #expect(known.nextDeadline == start + .seconds(304))
        known.forget(at: start + .seconds(304))
        #expect(ids(known).isEmpty && known.nextDeadline == nil)
    }

    @Test("One that drains goes at once, and its end is no reason for doubt")
    func draining() {
        var known = KnownInstances()
        known.received(instances("abcd"), at: start)
        known.received(instances("abcd", .draining), at: start)
        #expect(ids(known).isEmpty && !known.isBelowFloor)
        known.received([], at: start)
        #expect(ids(known).isEmpty && !known.isBelowFloor)
        known.received(instances("e"), at: start)
        #expect(ids(known) == "e")
    }

    @Test("What the client found out counts, until the store tells of another time of its life")
    func evidence() {
        var known = KnownInstances()
        known.received(instances("abc"), at: start)
        known.found("b", isServing: false, at: start)
        known.found("unknown", isServing: false, at: start)
        #expect(ids(known) == "ac")
        known.received(instances("abc"), at: start)
        #expect(ids(known) == "ac")
        known.received(instances("ac") + instances("b", .starting), at: start)
        known.received(instances("abc"), at: start)
        #expect(ids(known) == "abc")
        known.found("a", isServing: false, at: start)
        known.found("a", isServing: true, at: start)
        #expect(ids(known) == "abc")
    }

    @Test(
        "One that was found down is not used because the registry calls it unavailable, however few are left"
    )
    func agreed() {
        var known = KnownInstances()
        known.received(instances("abc"), at: start)
        known.found("b", isServing: false, at: start)
        known.found("c", isServing: false, at: start)
        known.received(instances("a") + instances("bc", .unavailable), at: start)
        #expect(ids(known) == "a")
        #expect(known.candidates.map(\.key.id).sorted() == ["a", "b", "c"])
        #expect(known.statuses == [.available: 1, .unavailable: 2])
        known.received(instances("abc"), at: start)
        #expect(ids(known) == "abc")
    }

    @Test("Those of a later priority are used when none of an earlier one is left")
    func priority() {
        var known = KnownInstances()
        var last = instances("cd")
        for index in last.indices { last[index].metadata[Instance.priorityName] = "2" }
        known.received(instances("ab") + last, at: start)
        #expect(ids(known) == "ab")
        known.found("a", isServing: false, at: start)
        #expect(ids(known) == "b")
        known.found("b", isServing: false, at: start)
        #expect(ids(known) == "cd")
        known.found("a", isServing: true, at: start)
        #expect(ids(known) == "a")
    }

    @Test("The static list serves before the first answer, and when nothing else is left")
    func fallback() {
        var known = KnownInstances(fallback: instances("x"))
        #expect(ids(known) == "x" && known.source == .fallback)
        known.lost(.unreachable("refused"), at: start)
        #expect(ids(known) == "x" && known.source == .fallback)
        known.received(instances("a"), at: start)
        #expect(ids(known) == "a" && known.source == .store)
        known.found("a", isServing: false, at: start)
        #expect(ids(known) == "x" && known.source == .fallback)
    }
}

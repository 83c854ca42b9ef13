// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import GRPCWire
import HealthProtocol
import TestSupport
import Testing

@testable import GRPCHealth

@Suite("Watchers are told in slices")
struct TellingTests {
    private let table = HealthTable()

    /// Watchers that know the status of their name.
    private func watchers(of name: String, _ count: Int) -> [Watcher] {
        (0..<count).map { _ in
            let watcher = Watcher(
                name: Array(name.utf8), waker: CallWaker(), table: table,
                messages: StatusMessages())
            watcher.start()
            _ = watcher.next()
            return watcher
        }
    }

    /// How many slices it takes until all are told.
    private func tellAll() -> Int {
        var slices = 1
        while table.tellSome() { slices += 1 }
        return slices
    }

    /// Those that would be woken now.
    private func untold(_ watchers: [Watcher]) -> Int { watchers.count { $0.takeNews() } }

    @Test("A change wakes a bounded number of watchers at once, and each of them once")
    func slices() {
        let watchers = watchers(of: "a", 1000)
        table.apply("a", HealthAnswer(.serving))
        #expect(table.tellSome())
        #expect(untold(watchers) == 1000 - TellingSlice.maxTold)
        for watcher in watchers { _ = watcher.next() }
        table.apply("a", HealthAnswer(.notServing))
        let slices = tellAll()
        #expect((16...17).contains(slices) && untold(watchers) == 0)
        #expect(watchers.allSatisfy { $0.isTold(.notServing) })
    }

    @Test("A change that is taken back while watchers are told wakes no more of them")
    func takenBack() {
        let watchers = watchers(of: "a", 500)
        table.apply("a", HealthAnswer(.serving))
        #expect(table.tellSome())
        table.apply("a", nil)
        #expect(tellAll() <= 2 && untold(watchers) == 0)
        // Those that were woken find nothing new.
        #expect(watchers.allSatisfy { $0.isSilent })
    }

    @Test("Watchers that come and go while others are told leave none untold")
    func churn() {
        var random = SplitMix64(seed: 1)
        var watchers = watchers(of: "a", 500)
        for round in 0..<20 {
            table.apply("a", HealthAnswer(round % 2 == 0 ? .serving : .notServing))
            while table.tellSome() {
                for _ in 0..<10 {
                    watchers.remove(at: Int.random(in: 0..<watchers.count, using: &random))
                        .callEnded()
                }
                watchers += self.watchers(of: "a", 10)
            }
            #expect(untold(watchers) == 0)
            for watcher in watchers { _ = watcher.next() }
        }
        for watcher in watchers { watcher.callEnded() }
        #expect(table.watchedNames == 0 && !table.tellSome())
    }

    @Test("Watchers that only come while others are told leave none untold")
    func joining() {
        var watchers = watchers(of: "a", 100)
        table.apply("a", HealthAnswer(.serving))
        while table.tellSome() {}
        for watcher in watchers { _ = watcher.next() }
        // The hand is in the middle now.
        watchers += self.watchers(of: "a", 100)
        for watcher in watchers { _ = watcher.next() }
        table.apply("a", HealthAnswer(.notServing))
        while table.tellSome() { watchers += self.watchers(of: "a", 3) }
        #expect(untold(watchers) == 0)
        for watcher in watchers { watcher.callEnded() }
    }

    @Test("A name that changes all the time keeps no watcher of it, and of others, waiting")
    func fairness() {
        let (busy, other) = (watchers(of: "busy", 1000), watchers(of: "other", 10))
        table.apply("busy", HealthAnswer(.serving))
        table.apply("other", HealthAnswer(.serving))
        var told = Set<Int>()
        for round in 0..<40 {
            _ = table.tellSome()
            for (index, watcher) in busy.enumerated() where watcher.isWoken {
                told.insert(index)
                _ = watcher.next()
            }
            table.apply("busy", HealthAnswer(round % 2 == 0 ? .notServing : .serving))
        }
        #expect(told.count == 1000 && untold(other) == 0)
    }

    @Test("Many names that change are each visited once")
    func manyNames() {
        let watchers = (0..<1000).flatMap { self.watchers(of: "name\($0)", 1) }
        for number in 0..<1000 { table.apply("name\(number)", HealthAnswer(.serving)) }
        #expect((16...17).contains(tellAll()) && untold(watchers) == 0)
    }
}

extension Watcher {
    fileprivate func isTold(_ status: ServingStatus) -> Bool {
        guard case .latest(let message) = next() else { return false }
        return message.bytes.last == UInt8(status.rawValue)
    }

    fileprivate var isSilent: Bool {
        if case .later = next() { return true }
        return false
    }
}

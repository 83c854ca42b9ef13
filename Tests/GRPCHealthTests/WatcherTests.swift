// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import GRPCWire
import HealthProtocol
import Testing

@testable import GRPCHealth

@Suite("Watchers of a table, without a network")
struct WatcherTests {
    private let table = HealthTable()

    /// A watcher of no call: to wake it does nothing.
    private func watcher(_ name: String) -> Watcher {
        let watcher = Watcher(
            name: Array(name.utf8), waker: CallWaker(), table: table, messages: StatusMessages())
        watcher.start()
        return watcher
    }

    /// What a client would get now, asked until there is nothing more.
    private func take(_ watcher: Watcher) -> [String] {
        var lines: [String] = []
        while lines.count < 10 {
            switch watcher.next() {
            case .message(let message): lines.append("\(message.bytes.dropFirst(5).last ?? 0)")
            case .latest(let message):
                return lines + ["\(message.bytes.dropFirst(5).last ?? 0)"]
            case .later: return lines
            case .end(let status): return lines + ["end \(status.code.rawValue)"]
            }
        }
        return lines
    }

    @Test("The first status comes at once, the next ones when they change")
    func changes() {
        table.apply("a", HealthAnswer(.serving))
        let watcher = watcher("a")
        #expect(take(watcher) == ["1"] && take(watcher) == [])
        table.apply("a", HealthAnswer(.serving))
        #expect(take(watcher) == [])
        table.apply("a", HealthAnswer(.notServing))
        table.apply("b", HealthAnswer(.serving))
        #expect(take(watcher) == ["2"] && take(watcher) == [])
    }

    @Test("However many changes come between, only the newest is told")
    func newestWins() {
        table.apply("a", HealthAnswer(.serving))
        let watcher = watcher("a")
        for status in [ServingStatus.notServing, .unknown, .serving, .notServing] {
            table.apply("a", HealthAnswer(status))
        }
        #expect(take(watcher) == ["2"])
        for _ in 0..<1000 {
            table.apply("a", HealthAnswer(.serving))
            table.apply("a", HealthAnswer(.notServing))
        }
        #expect(take(watcher) == [])
    }

    @Test("A name is unknown, registered and unknown again")
    func unknown() {
        let watcher = watcher("a")
        #expect(take(watcher) == ["3"])
        table.apply("a", HealthAnswer(.unknown))
        #expect(take(watcher) == ["0"])
        table.apply("a", nil)
        #expect(take(watcher) == ["3"])
        table.apply("a", HealthAnswer(.serving))
        #expect(take(watcher) == ["1"])
    }

    @Test("Watching registers nothing, and leaves nothing behind")
    func nothingLeft() {
        let watchers = ["a", "a", "b", ""].map { watcher($0) }
        #expect(table.watchedNames == 3 && table.count == 0 && table.all.isEmpty)
        for watcher in watchers { watcher.callEnded() }
        #expect(table.watchedNames == 0)
        for watcher in watchers { watcher.callEnded() }
        table.apply("a", HealthAnswer(.serving))
        #expect(table.count == 1 && table.watchedNames == 0)
    }

    @Test("The table lets go of a watcher that has gone")
    func released() {
        weak var gone: Watcher?
        do {
            let watcher = watcher("a")
            gone = watcher
            watcher.callEnded()
        }
        #expect(gone == nil)
    }

    @Test("When watches end, the newest status is told before the end")
    func end() {
        table.apply("a", HealthAnswer(.serving))
        let told = watcher("a")
        #expect(take(told) == ["1"])
        let untold = watcher("a")
        table.apply("a", HealthAnswer(.notServing))
        table.endWatches()
        #expect(take(told) == ["2", "end 0"] && take(untold) == ["2", "end 0"])
        #expect(take(watcher("x")) == ["3", "end 0"])
    }

    @Test("A status that has no name yet is told as its number")
    func newStatus() {
        table.apply("a", HealthAnswer(ServingStatus(rawValue: 9)))
        #expect(take(watcher("a")) == ["9"])
        table.apply("a", HealthAnswer(ServingStatus(rawValue: -1)))
        #expect(take(watcher("a")).count == 1)
    }
}

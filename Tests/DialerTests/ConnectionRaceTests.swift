// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Testing

@testable import Dialer

@Suite struct ConnectionRaceTests {
    private let begin = MonotonicTime(nanoseconds: 1_000_000_000)

    private func addresses(_ texts: String...) -> [SocketAddress] {
        texts.compactMap { SocketAddress(numeric: $0, port: 80) }
    }

    private func after(_ milliseconds: Int) -> MonotonicTime {
        begin + .milliseconds(milliseconds)
    }

    private func race(
        _ addresses: [SocketAddress], milliseconds: Int = 10_000, retries: Bool = true
    ) -> ConnectionRace {
        ConnectionRace(addresses, from: begin, until: after(milliseconds), retries: retries)
    }

    @Test("Addresses alternate between the families, beginning with the preferred one")
    func interleaving() {
        let order = race(addresses("::1", "::2", "::3", "1.1.1.1", "2.2.2.2")).addresses
        #expect(
            order.map { $0.text } == [
                "[::1]:80", "1.1.1.1:80", "[::2]:80", "2.2.2.2:80", "[::3]:80",
            ])
        #expect(race([]).addresses.isEmpty)
    }

    @Test("The next address is tried a quarter of a second after the one before it")
    func delay() {
        var race = race(addresses("::1", "1.1.1.1"))
        #expect(race.advance(to: begin) == .start(0))
        #expect(race.advance(to: begin) == .wait(until: after(250)))
        #expect(race.advance(to: after(249)) == .wait(until: after(250)))
        #expect(race.advance(to: after(250)) == .start(1))
        #expect(race.advance(to: after(250)) == .wait(until: after(10_000)))
    }

    @Test("When an address fails the next one is tried at once, and it again after a backoff")
    func failure() {
        var race = race(addresses("::1", "1.1.1.1"))
        #expect(race.advance(to: begin) == .start(0))
        race.failed(0, at: after(10))
        #expect(race.advance(to: after(10)) == .start(1))
        #expect(race.advance(to: after(10)) == .wait(until: after(35)))
        #expect(race.advance(to: after(35)) == .start(0))
        race.failed(0, at: after(40))
        #expect(race.advance(to: after(40)) == .wait(until: after(90)))
        #expect(race.advance(to: after(90)) == .start(0))
        race.failed(0, at: after(100))
        #expect(race.advance(to: after(100)) == .wait(until: after(200)))
    }

    @Test("In a short time every address is tried")
    func shortTime() {
        var race = race(addresses("1.1.1.1", "2.2.2.2", "3.3.3.3"), milliseconds: 100)
        #expect(race.advance(to: begin) == .start(0))
        #expect(race.advance(to: after(25)) == .start(1))
        #expect(race.advance(to: after(50)) == .start(2))
        #expect(race.advance(to: after(50)) == .wait(until: after(100)))
        #expect(race.advance(to: after(100)) == .giveUp)
    }

    @Test("Without retries the race is lost when every address has failed")
    func lost() {
        var race = race(addresses("1.1.1.1", "2.2.2.2"), retries: false)
        #expect(race.advance(to: begin) == .start(0))
        race.failed(0, at: begin)
        #expect(race.advance(to: begin) == .start(1))
        #expect(race.advance(to: begin) == .wait(until: after(10_000)))
        race.failed(1, at: after(5))
        #expect(race.advance(to: after(5)) == .giveUp)
        var none = self.race([], retries: false)
        #expect(none.advance(to: begin) == .giveUp)
    }

    @Test("At most 256 addresses are tried")
    func bound() throws {
        let address = try #require(SocketAddress(numeric: "1.1.1.1", port: 80))
        #expect(race([SocketAddress](repeating: address, count: 1000)).addresses.count == 256)
    }
}

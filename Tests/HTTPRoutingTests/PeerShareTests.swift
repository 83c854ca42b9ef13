// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTPRouting
import Testing

@Suite("The share of each peer")
struct PeerShareTests {
    /// How much each of some peers gets that take whatever they get, in turns.
    private func greedy(_ peers: Int, _ share: PeerShare, limit: Int) -> [Int] {
        var own = [Int](repeating: 0, count: peers)
        var taken = 0
        var isMoving = true
        while isMoving {
            isMoving = false
            for peer in own.indices where share.admits(own[peer], of: taken, limit: limit) {
                own[peer] += 1
                taken += 1
                isMoving = true
            }
        }
        return own
    }

    @Test("One alone gets its share of all", arguments: [(90, 9000), (50, 5000), (1, 100)])
    func alone(_ percent: Int, _ expected: Int) {
        #expect(greedy(1, PeerShare(percent: percent), limit: 10_000) == [expected])
    }

    @Test("Several get equal parts, and a new one gets in", arguments: [2, 3, 10, 100, 500])
    func several(_ count: Int) throws {
        let share = PeerShare(percent: 90)
        let own = greedy(count, share, limit: 10_000)
        let (least, most) = (try #require(own.min()), try #require(own.max()))
        #expect(most - least <= 1)
        let taken = own.reduce(0, +)
        #expect(taken > 8900)
        #expect(share.admits(0, of: taken, limit: 10_000))
    }

    @Test("What one peer gives back another gets")
    func givesBack() {
        let share = PeerShare(percent: 90)
        #expect(!share.admits(9000, of: 9000, limit: 10_000))
        // A second one takes what is left to it, and the first one's places as they become free.
        #expect(share.admits(899, of: 9899, limit: 10_000))
        #expect(!share.admits(910, of: 9910, limit: 10_000))
        #expect(share.admits(910, of: 8910, limit: 10_000))
    }

    @Test("A hundred hundredths are no limit but that of all")
    func whole() {
        #expect(greedy(1, PeerShare(percent: 100), limit: 1000) == [1000])
    }

    @Test("A small whole is one peer's, if there is no other", arguments: 1...9)
    func small(_ limit: Int) {
        #expect(greedy(1, PeerShare(percent: 90), limit: limit) == [limit])
        #expect(!PeerShare(percent: 90).admits(0, of: limit, limit: limit))
    }
}

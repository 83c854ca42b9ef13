// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import TestSupport
import Testing

@testable import StatusBoard

@Suite("The outcomes of a board")
struct BoardEntriesTests {
    private func entry(_ number: Int) -> Board.Entry {
        let moment = MonotonicTime(nanoseconds: Int64(number))
        return Board.Entry(outcome: .healthy, since: moment, reported: moment)
    }

    private func name(_ number: Int) -> OutcomeName { OutcomeName(rawValue: "name\(number)") }

    @Test("Any order of calls does what a dictionary does, and a copy stays as it was")
    func model() {
        for seed in 0..<10 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            var entries = Board.Entries()
            var model: [OutcomeName: Board.Entry] = [:]
            var copies: [(Board.Entries, [OutcomeName: Board.Entry])] = []
            for step in 0..<600 {
                let name = name(Int.random(in: 0..<200, using: &random))
                let value = Int.random(in: 0..<3, using: &random) > 0 ? entry(step) : nil
                entries[name] = value
                model[name] = value
                #expect(entries.count == model.count && entries[name] == model[name])
                if step % 100 == 0 { copies.append((entries, model)) }
            }
            copies.append((entries, model))
            for (entries, model) in copies {
                let all = Dictionary(uniqueKeysWithValues: entries.map { ($0.key, $0.value) })
                #expect(all == model && Set(entries.keys) == Set(model.keys))
                #expect(model.allSatisfy { entries[$0] == $1 })
                var visited: [OutcomeName: Board.Entry] = [:]
                entries.visit { visited[$0] = $1 }
                #expect(visited == model)
            }
        }
    }

    @Test("Names that were taken out leave nothing behind")
    func empty() {
        var entries = Board.Entries()
        for number in 0..<1000 { entries[name(number)] = entry(number) }
        for number in 0..<1000 { entries[name(number)] = nil }
        #expect(entries.isEmpty && entries.values.isEmpty && entries.branchCount == 1)
    }

    @Test("A change beside a copy makes a few branches anew, however many names there are")
    func sharing() {
        var entries = Board.Entries()
        for number in 0..<10_000 { entries[name(number)] = entry(number) }
        for number in 0..<50 {
            let copy = entries
            entries[name(number)] = entry(-1)
            #expect(entries.branchesNotShared(with: copy) <= 8)
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import TestSupport
import Testing

@testable import GRPCHealth

@Suite("A table of names")
struct NameTableTests {
    private func status(_ table: NameTable, _ name: [UInt8]) -> ServingStatus? {
        name.withUnsafeBytes { table[$0]?.status }
    }

    @Test("Names are their bytes, whichever they are")
    func bytes() {
        var table = NameTable()
        let names: [[UInt8]] = [[], [0], [0, 0], [97], [97, 0], [0xff], Array("é".utf8)]
        for (index, name) in names.enumerated() {
            table.set(name, HealthAnswer(ServingStatus(rawValue: Int32(index))))
        }
        for (index, name) in names.enumerated() {
            #expect(status(table, name) == ServingStatus(rawValue: Int32(index)))
        }
        #expect(status(table, [98]) == nil && status(table, [0, 0, 0]) == nil)
        // The same letter in two other bytes of Unicode is another name.
        #expect(status(table, Array("e\u{301}".utf8)) == nil)
    }

    @Test("All names come in the order of their bytes")
    func all() {
        var table = NameTable()
        for name in ["b", "", "aa", "a", "B"] {
            table.set(Array(name.utf8), HealthAnswer(.serving))
        }
        table.set(Array("aa".utf8), nil)
        #expect(table.all.map(\.name) == ["", "B", "a", "b"] && table.count == 4)
    }

    // With a search through all names for each change this takes hours.
    @Test(
        "Many names are registered, changed and taken out, each by a look at few of them",
        .timeLimit(.minutes(2)))
    func many() {
        var table = NameTable()
        let names = (0..<200_000).map { Array("name \($0)".utf8) }
        for new in [ServingStatus.serving, .notServing, nil, .unknown] {
            for name in names { table.set(name, new.map { HealthAnswer($0) }) }
            #expect(table.count == (new == nil ? 0 : names.count))
            #expect(names.allSatisfy { status(table, $0) == new })
        }
    }

    @Test("Random changes do what a dictionary does", arguments: 0..<30 as Range<UInt64>)
    func model(_ seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var table = NameTable()
        var model: [[UInt8]: ServingStatus] = [:]
        // Few names, and so many that places run out and searches go round the end.
        let length = seed % 2 == 0 ? 4 : 7
        for _ in 0..<2000 {
            let name = (0..<Int.random(in: 0..<length, using: &generator)).map { _ in
                UInt8.random(in: 0..<4, using: &generator)
            }
            let isRemoval = Int.random(in: 0..<3, using: &generator) == 0
            let number = Int32.random(in: -1...4, using: &generator)
            let new = isRemoval ? nil : ServingStatus(rawValue: number)
            table.set(name, new.map { HealthAnswer($0) })
            model[name] = new
            #expect(table.count == model.count)
            let other = (0..<Int.random(in: 0..<4, using: &generator)).map { _ in
                UInt8.random(in: 0..<4, using: &generator)
            }
            #expect(status(table, other) == model[other])
        }
        for (name, expected) in model { #expect(status(table, name) == expected) }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Exposition
import GRPCTransport
import HTTP2Wire
import SystemIO
import Testing

@testable import Scraping

@Suite("The families of a server")
struct FamilyCatalogTests {
    private static let all =
        HealthFamilies.all + ProcessFamilies.all + CallFamilies.all + ConnectionFamilies.all
        + LoopFamilies.all

    @Test("have names of their own, and help that is a sentence")
    func names() {
        var seen: Set<String> = []
        for family in Self.all {
            for name in MetricName.samples(of: family.name, family.kind) {
                #expect(seen.insert(name).inserted, "\(name) twice")
            }
            #expect(family.help.hasSuffix("."), "\(family.name)")
            #expect(family.name == MetricName.sanitized(family.name))
            if let unit = family.unit { #expect(family.name.hasSuffix("_" + unit)) }
        }
    }

    @Test("tell each reason by a label of its own")
    func reasons() {
        #expect(Set(DropReason.allCases.map(\.label)).count == DropReason.allCases.count)
        #expect(Set(BrokenRule.allCases.map(\.label)).count == BrokenRule.allCases.count)
    }

    @Test("of the process have values")
    func process() throws {
        let families = ProcessFamilies(startTime: .now()).read()
        #expect(families.map(\.name) == ProcessFamilies.all.map(\.name))
        for family in families {
            switch try #require(family.points.first).value {
            case .integer(let value): #expect(value > 0, "\(family.name)")
            case .number(let value): #expect(value > 0, "\(family.name)")
            default: Issue.record("\(family.name)")
            }
        }
    }
}

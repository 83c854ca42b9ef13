// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Exposition
import Foundation
import Testing

@testable import SkillRuntime

@Suite("The metrics of the runtime")
struct RuntimeMetricsTests {
    @Test("Families have names that nothing else has, and help that is a sentence")
    func names() {
        var seen: Set<String> = []
        for family in RuntimeMetrics.families {
            for name in MetricName.samples(of: family.name, family.kind) {
                #expect(seen.insert(name).inserted, "\(name) twice")
            }
            #expect(family.help.hasSuffix("."), "\(family.name)")
            if let unit = family.unit { #expect(family.name.hasSuffix("_" + unit)) }
        }
    }

    @Test("The table of metrics is fresh")
    func documentation() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let page = root.appendingPathComponent("docs/metrics.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let head = try #require(text.range(of: "VITALS_WRITE_DOCS=1. -->\n"))
        let fresh = text[..<head.upperBound] + "\n" + Self.table
        if ProcessInfo.processInfo.environment["VITALS_WRITE_DOCS"] != nil {
            try fresh.write(to: page, atomically: true, encoding: .utf8)
        } else {
            #expect(text == fresh, "run it with VITALS_WRITE_DOCS=1")
        }
    }

    private static var table: String {
        let rows = RuntimeMetrics.families.map { family in
            "| `\(MetricName.shown(family))` | \(type(family.kind)) | \(family.help) |\n"
        }
        return "| name | type | what it tells |\n|---|---|---|\n" + rows.joined()
    }

    private static func type(_ kind: MetricFamily.Kind) -> String {
        switch kind {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        case .info: "info"
        case .stateSet: "state set"
        case .scraped: "of another program"
        }
    }
}

extension MetricName {
    /// The name that a query begins with.
    fileprivate static func shown(_ family: MetricFamily) -> String {
        switch family.kind {
        case .counter: family.name + "_total"
        case .info: family.name + "_info"
        case .gauge, .histogram, .stateSet, .scraped: family.name
        }
    }
}

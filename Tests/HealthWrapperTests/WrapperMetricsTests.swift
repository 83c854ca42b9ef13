// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Exposition
import Foundation
import Testing

@testable import HealthWrapper

@Suite("The metrics of a wrapped command")
struct WrapperMetricsTests {
    @Test("Families have names that nothing else has, and help that is a sentence")
    func families() {
        var seen: Set<String> = []
        for family in WrapperMetrics.families {
            for name in MetricName.samples(of: family.name, family.kind) {
                #expect(seen.insert(name).inserted, "\(name) twice")
            }
            #expect(family.help.hasSuffix("."), "\(family.name)")
            if let unit = family.unit { #expect(family.name.hasSuffix("_" + unit)) }
        }
    }

    @Test("Each family is in the table of docs/metrics.md")
    func documentation() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = root.appendingPathComponent("docs/metrics.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        for family in ChildFamilies.all + ScrapeSource.all {
            let isCounter = family.kind == .counter
            let name = isCounter ? family.name + "_total" : family.name
            let row = "| `\(name)` | \(isCounter ? "counter" : "gauge") | \(family.help) |\n"
            #expect(text.contains(row), "add to the table: \(row)")
        }
    }

    private func read(_ text: String) throws -> ScrapedPage {
        var page = ScrapedPage(Array(text.utf8), limit: 100)
        while try !page.read(until: { false }) {}
        return page
    }

    @Test("Families of the command whose names are ours are left out, and named")
    func names() throws {
        let page = try read(
            "app 1\nservice_up 1\n# TYPE vitals_child histogram\nvitals_child_count 1\n")
        let taken = ScrapedFamilies.names(of: WrapperMetrics.families)
        let scraped = ScrapedFamilies(page.families, taken: taken)
        #expect(scraped.families.map(\.name) == ["app", "vitals_child"])
        #expect(scraped.dropped == ["service_up"])
        // A histogram has more names than its own.
        let clash = try read("# TYPE x summary\nx 1\nx_sum 1\n")
        #expect(ScrapedFamilies(clash.families, taken: ["x_sum"]).families.isEmpty)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Exposition

@Suite("Names of metrics")
struct MetricNameTests {
    @Test(
        "A name from outside becomes one that the formats take",
        arguments: [
            ("requests", "requests"), ("http.requests", "http_requests"), ("2xx", "_2xx"),
            ("ü-x", "__x"), ("", "_"), ("a:b", "a_b"),
        ])
    func sanitized(name: String, expected: String) {
        #expect(MetricName.sanitized(name) == expected)
    }

    @Test("What the formats append is not part of a family's name")
    func families() {
        #expect(MetricName.family("requests_total", .counter) == "requests")
        #expect(MetricName.family("requests_total", .gauge) == "requests_total")
        #expect(MetricName.family("build_info", .info) == "build")
        #expect(MetricName.family("_total", .counter) == "_total")
    }

    @Test("A label has no name that the formats keep for themselves")
    func labels() {
        #expect(MetricName.label("code") == "code")
        #expect(MetricName.label("http.code") == "http_code")
        #expect(MetricName.label("le") == "label_le")
        #expect(MetricName.label("quantile") == "label_quantile")
        #expect(MetricName.label("__name__") == "name__")
        #expect(MetricName.label("") == "label_")
        #expect(MetricName.label("1st") == "label_1st")
    }

    @Test("A histogram takes the names of its samples, too")
    func samples() {
        #expect(MetricName.samples(of: "h", .histogram).contains("h_count"))
        #expect(MetricName.samples(of: "c", .counter).contains("c_total"))
        #expect(MetricName.samples(of: "g", .gauge) == ["g"])
        #expect(MetricName.samples(of: "i", .info) == ["i", "i_info"])
    }
}

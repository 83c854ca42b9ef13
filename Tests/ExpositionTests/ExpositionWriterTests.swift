// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Exposition

@Suite("Pages of metrics")
struct ExpositionWriterTests {
    private func page(_ families: MetricFamily..., format: ExpositionFormat) -> String {
        String(decoding: ExpositionWriter.page(families, format), as: UTF8.self)
    }

    private static let requests = MetricFamily(
        .counter, "requests", help: "Requests.",
        points: [
            MetricPoint(.integer(3), [MetricLabel("method", "Check"), MetricLabel("code", "OK")])
        ])

    @Test("A counter has _total at its samples in both formats, and in the head in one")
    func counter() {
        #expect(
            page(Self.requests, format: .text) == """
                # HELP requests_total Requests.
                # TYPE requests_total counter
                requests_total{method="Check",code="OK"} 3

                """)
        #expect(
            page(Self.requests, format: .openMetrics) == """
                # TYPE requests counter
                # HELP requests Requests.
                requests_total{method="Check",code="OK"} 3
                # EOF

                """)
    }

    @Test("A unit stands in OpenMetrics, when the name ends with it")
    func unit() {
        let lag = MetricFamily(.gauge, "lag_seconds", unit: "seconds", help: "Lag.", .number(0.5))
        #expect(
            page(lag, format: .openMetrics) == """
                # TYPE lag_seconds gauge
                # UNIT lag_seconds seconds
                # HELP lag_seconds Lag.
                lag_seconds 0.5
                # EOF

                """)
        let other = MetricFamily(.gauge, "lag", unit: "seconds", help: "Lag.", .number(0.5))
        #expect(!page(other, format: .openMetrics).contains("UNIT"))
        #expect(!page(lag, format: .text).contains("UNIT"))
    }

    @Test("Buckets add up, end with +Inf, and print their bounds alike in both formats")
    func histogram() {
        var value = HistogramValue(bounds: [0.005, 1, 1e6])
        value.observe(0.005)
        value.observe(0.5)
        value.observe(2e6)
        let family = MetricFamily(
            .histogram, "size", help: "Sizes.",
            points: [MetricPoint(.histogram(value), [MetricLabel("kind", "a")])])
        let samples = """
            size_bucket{kind="a",le="0.005"} 1
            size_bucket{kind="a",le="1.0"} 2
            size_bucket{kind="a",le="1e+06"} 2
            size_bucket{kind="a",le="+Inf"} 3
            size_sum{kind="a"} 2000000.505
            size_count{kind="a"} 3

            """
        #expect(
            page(family, format: .text) == "# HELP size Sizes.\n# TYPE size histogram\n" + samples)
        #expect(
            page(family, format: .openMetrics)
                == "# TYPE size histogram\n# HELP size Sizes.\n" + samples + "# EOF\n")
    }

    @Test("An info and a state set are gauges in the text format")
    func infoAndStates() {
        let build = MetricFamily(
            .info, "build", help: "The build.",
            points: [MetricPoint(.info, [MetricLabel("version", "1.2")])])
        let states = MetricFamily(
            .stateSet, "mode", help: "The mode.",
            .states([
                MetricState("on", isCurrent: true), MetricState("off", isCurrent: false),
            ]))
        #expect(
            page(build, states, format: .text) == """
                # HELP build_info The build.
                # TYPE build_info gauge
                build_info{version="1.2"} 1
                # HELP mode The mode.
                # TYPE mode gauge
                mode{mode="on"} 1
                mode{mode="off"} 0

                """)
        #expect(
            page(build, states, format: .openMetrics) == """
                # TYPE build info
                # HELP build The build.
                build_info{version="1.2"} 1
                # TYPE mode stateset
                # HELP mode The mode.
                mode{mode="on"} 1
                mode{mode="off"} 0
                # EOF

                """)
    }

    @Test("Backslashes, quotes and line feeds are escaped as each place needs it")
    func escapes() {
        let family = MetricFamily(
            .gauge, "g", help: "a\\b\n\"c\"",
            points: [MetricPoint(.integer(1), [MetricLabel("l", "a\\b\n\"ü\"")])])
        #expect(
            page(family, format: .text) == """
                # HELP g a\\\\b\\n"c"
                # TYPE g gauge
                g{l="a\\\\b\\n\\"ü\\""} 1

                """)
        #expect(page(family, format: .openMetrics).contains("# HELP g a\\\\b\\n\\\"c\\\"\n"))
    }

    @Test("Numbers that are none are written as both formats have them")
    func numbers() {
        for (value, text) in [
            (Double.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (0, "0.0"),
            (-2.5, "-2.5"), (1e300, "1e+300"),
        ] {
            let family = MetricFamily(.gauge, "g", help: "G.", .number(value))
            #expect(page(family, format: .text).hasSuffix("g \(text)\n"))
        }
        let family = MetricFamily(.gauge, "g", help: "G.", .integer(-12))
        #expect(page(family, format: .text).hasSuffix("g -12\n"))
    }

    @Test(
        "Bounds are canonical",
        arguments: [
            (0.0001, "0.0001"), (0.25, "0.25"), (1, "1.0"), (100_000, "100000.0"), (1e6, "1e+06"),
            (2_500_000, "2.5e+06"), (1_048_576, "1.048576e+06"), (1e10, "1e+10"), (1e21, "1e+21"),
            (Double.infinity, "+Inf"),
        ])
    func bounds(value: Double, text: String) { #expect(ExpositionWriter.bound(value) == text) }

    @Test("An example is for OpenMetrics, and only when it is short enough")
    func exemplars() {
        let exemplar = MetricExemplar([MetricLabel("id", "7")], value: 0.5, timestamp: 1700.25)
        let long = MetricExemplar(
            [MetricLabel("id", String(repeating: "x", count: 127))], value: 1)
        let family = MetricFamily(
            .counter, "failures", help: "F.",
            points: [
                MetricPoint(.sampled(2, exemplar)),
                MetricPoint(.sampled(3, long), [MetricLabel("a", "b")]),
            ])
        let text = page(family, format: .openMetrics)
        #expect(text.contains("failures_total 2 # {id=\"7\"} 0.5 1700.25\n"))
        #expect(text.contains("failures_total{a=\"b\"} 3\n"))
        #expect(page(family, format: .text).contains("failures_total 2\n"))
        var value = HistogramValue(bounds: [1])
        value.observe(0.5, exemplar)
        let histogram = MetricFamily(.histogram, "h", help: "H.", .histogram(value))
        #expect(
            page(histogram, format: .openMetrics)
                .contains("h_bucket{le=\"1.0\"} 1 # {id=\"7\"} 0.5 1700.25\n"))
    }

    @Test("A family without series is left out; an empty page still ends as its format does")
    func empty() {
        let family = MetricFamily(.gauge, "g", help: "G.")
        #expect(page(family, format: .text).isEmpty)
        #expect(page(family, format: .openMetrics) == "# EOF\n")
    }

    @Test("Histograms with the same bounds add up, and take counts of any length")
    func sums() {
        var value = HistogramValue(bounds: [1, 2], counts: [1], sum: 0.5)
        #expect(value.counts == [1, 0, 0])
        value.add(HistogramValue(bounds: [1, 2], counts: [1, 2, 3, 4], sum: 10))
        #expect(value.counts == [2, 2, 3])
        #expect(value.count == 7)
        #expect(value.sum == 10.5)
    }
}

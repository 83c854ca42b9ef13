// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Exposition

@Suite("A page of another program")
struct ScrapedPageTests {
    private func families(_ page: String) throws -> [MetricFamily] {
        try ScrapedPage(Array(page.utf8)).families
    }

    private func page(_ text: String, _ format: ExpositionFormat) throws -> String {
        String(decoding: ExpositionWriter.page(try families(text), format), as: UTF8.self)
    }

    private static let example = """
        # HELP http_requests_total Requests, by \\\\ and\\nmore.
        # TYPE http_requests_total counter
        http_requests_total{method="post",code="200"} 1027 1395066363000
        http_requests_total{method="post",code="400",} 3

        # A comment.
        # TYPE rpc summary
        rpc{quantile="0.5"} 4773
        rpc{quantile="1"} 1e+06
        rpc_sum 1.7560473e+07
        rpc_count 2693
        # TYPE seconds histogram
        seconds_bucket{le="0.05"} 24054
        seconds_bucket{le="1"} 1
        seconds_bucket{le="+Inf"} 144320
        seconds_sum 53423
        seconds_count 144320
        # TYPE seconds_created gauge
        seconds_created 1.7e9
        # TYPE odd counter
        odd 5
        plain{path="C:\\\\DIR\\"\\n"} -Inf

        """

    @Test("The text format gives back what it was given, with bounds as OpenMetrics has them")
    func text() throws {
        let expected = """
            # HELP http_requests_total Requests, by \\\\ and\\nmore.
            # TYPE http_requests_total counter
            http_requests_total{method="post",code="200"} 1027 1395066363000
            http_requests_total{method="post",code="400"} 3
            # TYPE rpc summary
            rpc{quantile="0.5"} 4773
            rpc{quantile="1.0"} 1e+06
            rpc_sum 1.7560473e+07
            rpc_count 2693
            # TYPE seconds histogram
            seconds_bucket{le="0.05"} 24054
            seconds_bucket{le="1.0"} 1
            seconds_bucket{le="+Inf"} 144320
            seconds_sum 53423
            seconds_count 144320
            # TYPE seconds_created gauge
            seconds_created 1.7e9
            # TYPE odd counter
            odd 5
            # TYPE plain untyped
            plain{path="C:\\\\DIR\\"\\n"} -Inf

            """
        #expect(try page(Self.example, .text) == expected)
        // What was written is read as the same again.
        #expect(try families(expected) == families(Self.example))
    }

    @Test("OpenMetrics has other names for counters, no times of creation, and seconds")
    func openMetrics() throws {
        let found = try page(Self.example, .openMetrics)
        #expect(
            found.hasPrefix(
                """
                # TYPE http_requests counter
                # HELP http_requests Requests, by \\\\ and\\nmore.
                http_requests_total{method="post",code="200"} 1027 1395066363.000

                """))
        #expect(!found.utf8.elementsEqual("".utf8) && !found.contains("_created"))
        #expect(found.contains("# TYPE odd unknown\nodd 5\n"))
        #expect(found.contains("# TYPE plain unknown\n"))
        #expect(found.hasSuffix("\n# EOF\n"))
    }

    @Test(
        "A wrong line refuses the page, and is named",
        arguments: [
            ("a 1\nb{", 2), ("a{b=\"c\"", 1), ("a{b=\"c} 1", 1), ("a{b=c} 1", 1), ("a", 1),
            ("a x", 1), ("a 0x10", 1), ("a 1 x", 1), ("a 1 2 3", 1), ("1a 1", 1), ("{} 1", 1),
            ("a{b=\"1\",b=\"2\"} 1", 1), ("a 1\na 2", 2), ("a{b=\"\\x\"} 1", 1),
            ("# TYPE a gauge\n# TYPE a gauge", 2), ("a 1\n# TYPE a gauge", 2),
            ("# TYPE a stateset", 1), ("# TYPE a histogram\na_bucket 1", 2),
            ("# TYPE a histogram\na_bucket{le=\"x\"} 1", 2), ("<!doctype html>", 1),
        ])
    func refused(_ text: String, line: Int) throws {
        let error = try #require(throws: ScrapedPageError.self) { try families(text) }
        #expect(error.line == line, "\(text): \(error.text)")
    }

    @Test("Bytes that are no UTF-8 are refused, wherever they are")
    func encoding() {
        for page in [Array("a{b=\"".utf8) + [0xff] + Array("\"} 1".utf8), [0xff, 0x20, 0x31]] {
            #expect(throws: ScrapedPageError.self) { try ScrapedPage(page) }
        }
    }

    @Test("A page may end within its last line, have other ends of lines, and nothing in it")
    func ends() throws {
        #expect(try families("a 1\r\nb 2").map(\.name) == ["a", "b"])
        #expect(try families("").isEmpty)
        #expect(try families("# TYPE a gauge\n# EOF\n").isEmpty)
    }

    @Test("A sample of a family that began before belongs to it")
    func scattered() throws {
        let found = try families("# TYPE a gauge\na{x=\"1\"} 1\nb 1\na{x=\"2\"} 1\n")
        #expect(found.map(\.name) == ["a", "b"] && found[0].points.count == 2)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Exposition

@Suite("A page of another program")
struct ScrapedPageTests {
    private func read(_ bytes: [UInt8], limit: Int = 1000) throws -> ScrapedPage {
        var page = ScrapedPage(bytes, limit: limit)
        while try !page.read(until: { true }) {}
        return page
    }

    private func families(_ page: String) throws -> [MetricFamily] {
        try read(Array(page.utf8)).families
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
            #expect(throws: ScrapedPageError.self) { try read(page) }
        }
    }

    @Test("A page may end within its last line, have other ends of lines, and nothing in it")
    func ends() throws {
        #expect(try families("a 1\r\nb 2").map(\.name) == ["a", "b"])
        #expect(try families("").isEmpty)
        #expect(try families("# TYPE a gauge\n# EOF\n").isEmpty)
    }

    @Test(
        "A page is read in slices, and what is beyond its limit is left out with the family that would be half there"
    )
    func limit() throws {
        let lines =
            "# TYPE a gauge\na 1\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n"
        var page = ScrapedPage(Array(String(repeating: "#\n", count: 100).utf8), limit: 10)
        #expect(try page.read(until: { true }) == false)
        #expect(try read(Array(lines.utf8), limit: 4).isCut == false)
        let cut = try read(Array(lines.utf8), limit: 3)
        #expect(cut.isCut && cut.families.map(\.name) == ["a"])
        // What a page is cut off from is not looked at.
        #expect(try read(Array("a 1\nb 2\nc 3\n???".utf8), limit: 1).families.map(\.name) == ["a"])
        let names = (0..<5).map { "# TYPE a\($0) gauge\n# HELP a\($0) x\n" }.joined()
        #expect(try read(Array(names.utf8), limit: 3).isCut)
    }

    @Test("A line that would take long to read is refused")
    func longLine() throws {
        let label = String(repeating: "x", count: ScrapedPage.lineLimit)
        let error = try #require(throws: ScrapedPageError.self) {
            try families("a 1\na{b=\"\(label)\"} 1\n")
        }
        #expect(error.line == 2)
    }

    @Test("A sample of a family that began before belongs to it")
    func scattered() throws {
        let found = try families("# TYPE a gauge\na{x=\"1\"} 1\nb 1\na{x=\"2\"} 1\n")
        #expect(found.map(\.name) == ["a", "b"] && found[0].points.count == 2)
    }
}

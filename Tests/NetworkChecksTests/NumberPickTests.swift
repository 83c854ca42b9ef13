// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckScheduling
import Testing

@testable import NetworkChecks

@Suite("A number in a text")
struct NumberPickTests {
    private func number(
        in text: String, _ options: [String: [String]] = [:]
    ) throws -> Double {
        var options = CheckOptions(options)
        return try NumberPick(&options).number(in: Array(text.utf8))
    }

    @Test(
        "The first word that is a number counts",
        arguments: [
            ("17", 17), ("jobs: 17 of 20", 17), ("queue2=-3.5\n", -3.5), ("n (1e3)", 1000),
            (#"{"depth":4}"#, 4), ("at 0x10 2024-01-01 1.2.3 +6", 6),
            ("info nothing inf", .infinity),
        ])
    func first(text: String, expected: Double) throws {
        #expect(try number(in: text) == expected)
    }

    @Test("Without one, the reason is told", arguments: ["", "none", "0x10", "--5", ".", "1.2.3"])
    func none(text: String) {
        #expect(throws: NumberProblem("it has no number")) { try number(in: text) }
    }

    @Test("A path of JSON has a number, or a text that is one")
    func json() throws {
        let text = #"{"a":[{"b":7},{"b":"8.5"},{"b":"x"},{"b":null}]}"#
        #expect(try number(in: text, ["json": ["a[0].b"]]) == 7)
        #expect(try number(in: text, ["json": ["a[1].b"]]) == 8.5)
        for (path, problem) in [
            ("a[2].b", #"a[2].b is "x", which is no number"#),
            ("a[3].b", #"a[3].b is "null", which is no number"#), ("a", "a is not in it"),
        ] {
            #expect(throws: NumberProblem(problem)) {
                try number(in: text, ["json": [path]])
            }
        }
        #expect(throws: NumberProblem("it is no JSON")) { try number(in: "7", ["json": ["a"]]) }
    }

    @Test("Samples with the name and the labels are summed up")
    func metrics() throws {
        let page = #"""
            # HELP depth {queue="jobs"} 99
            depth{queue="jobs",host="a,}b"} 3 1700000000
            depth{host="a\"b\\",queue="jobs"} 4.5
            depth{queue="mail"} 90
            depth_total{queue="jobs"} 1000
            depth{queue="jobs
            depth{queue="jobs"} many
            plain NaN
            spaced { queue = "jobs" , } 5 1.5 # {trace="x"} 1
            strange{queue="\d"} 1
            """#
        func sum(_ metric: String) throws -> Double { try number(in: page, ["metric": [metric]]) }
        #expect(try sum(#"depth{queue="jobs"}"#) == 7.5)
        #expect(try sum("depth") == 97.5)
        #expect(try sum(#"depth{host="a\"b\\"}"#) == 4.5)
        #expect(try sum("plain").isNaN)
        #expect(try sum(#"spaced{queue="jobs"}"#) == 5)
        // Prometheus refuses such an escape as well.
        #expect(throws: NumberProblem("it has no sample of strange")) { try sum("strange") }
        #expect(throws: NumberProblem("it has no sample of dept")) { try sum("dept") }
        for text in ["", "1a", "a b", "a{", "a{b}", #"a{b="c}"#, "a{} 1"] {
            #expect(MetricSample(selector: text) == nil)
        }
    }
}

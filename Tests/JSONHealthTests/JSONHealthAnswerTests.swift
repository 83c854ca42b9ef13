// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import JSONHealth

@Suite("Answers at the JSON socket")
struct JSONHealthAnswerTests {
    private let report = JSONHealthReport(
        state: .degraded, isReady: true, acceptsRequests: true, modelsLoaded: 2,
        memoryUsedBytes: 9_000_000, queueDepth: 3, uptimeSeconds: 61)

    private func answer(_ line: String, _ report: JSONHealthReport? = nil) -> String {
        JSONHealthAnswer.text(to: Array(line.utf8)) { report ?? self.report }
    }

    private func question(_ check: String) -> String {
        #"{"type":"health_check","check_type":"\#(check)"}"#
    }

    private func error(_ text: String) -> String { #"{"type":"error","message":"\#(text)"}"# }

    private struct Explained: JSONHealthDocument {
        let isReady = false
        let text = "{}"

        func explanation(asText: Bool, last: Duration?) -> String? {
            (asText ? "tree" : "{}") + (last.map { " \($0.components.seconds)" } ?? "") + "\n"
        }
    }

    @Test("What can be explained is, as a tree or a document; what cannot says so")
    func explanation() {
        func answer(_ line: String) -> String {
            JSONHealthAnswer.text(to: Array(line.utf8)) { Explained() }
        }
        func document(_ text: String) -> String {
            #"{"type":"explanation","ok":false,"document":"\#(text)\n"}"#
        }
        #expect(answer(#"{"type":"explain"}"#) == document("tree"))
        #expect(
            answer(#"{"type":"explain","format":"json","last_secs":60}"#) == document("{} 60"))
        for wrong in [#""format":"xml""#, #""last_secs":0"#, #""last_secs":"1h""#] {
            #expect(
                answer(#"{"type":"explain",\#(wrong)}"#)
                    == error("use format text or json, and last_secs from 1 to 86400"))
        }
        #expect(
            self.answer(#"{"type":"explain"}"#)
                == error("unknown type: use health_check or heartbeat"))
    }

    @Test("Liveness is true whenever there is an answer, also without a report")
    func liveness() {
        let text = JSONHealthAnswer.text(to: question("Liveness").utf8) {
            Issue.record("liveness needs no report")
            return report
        }
        #expect(
            text
                == #"{"type":"health_response","check_type":"Liveness","ok":true,"report":null}"#)
    }

    @Test("Readiness is a truth value, Full has the report as well")
    func readiness() {
        var other = report
        other.isReady = false
        other.state = .unhealthy
        other.acceptsRequests = false
        #expect(
            answer(question("Readiness"))
                == #"{"type":"health_response","check_type":"Readiness","ok":true,"report":null}"#)
        #expect(
            answer(question("Readiness"), other)
                == #"{"type":"health_response","check_type":"Readiness","ok":false,"report":null}"#)
        #expect(
            answer(question("Full"))
                == #"{"type":"health_response","check_type":"Full","ok":true,"report":{"#
                + #""state":"Degraded","ready":true,"accepting_requests":true,"models_loaded":2,"#
                + #""memory_used_bytes":9000000,"queue_depth":3,"uptime_secs":61}}"#)
        #expect(
            answer(question("Full"), other).contains(
                #""ok":false,"report":{"state":"Unhealthy","ready":false,"accepting_requests":false"#
            ))
    }

    @Test("White space, order, escapes and unknown members do not matter")
    func notation() {
        let expected = answer(question("Liveness"))
        for line in [
            #" { "check_type" : "Liveness" , "type" : "health_check" } "#,
            #"{"type":"health\u005fcheck","check_type":"Live\u006eess"}"#,
            #"{"id":7,"tags":["a",{"b":null}],"type":"health_check","check_type":"Liveness"}"#,
        ] {
            #expect(answer(line) == expected)
        }
    }

    @Test("A line that is no question is told what is wrong with it")
    func errors() {
        let notJSON = error("the line is not a JSON object")
        for line in [
            "", "x", "{", "{}}", "[]", "null", "7", #"{"type":"health_check"} x"#, "{'type':1}",
            #"{"type":"health_check","type":"health_check","check_type":"Full"}"#,
            "{\"type\":\"\u{1}\"}",
        ] {
            #expect(answer(line) == notJSON)
        }
        #expect(JSONHealthAnswer.text(to: [0x7b, 0x22, 0xff, 0x22, 0x7d]) { report } == notJSON)
        for line in ["{}", #"{"type":"Health_check"}"#, #"{"type":["health_check"]}"#] {
            #expect(answer(line) == error("unknown type: use health_check or heartbeat"))
        }
        for line in [#"{"type":"health_check"}"#, question("full"), question("")] {
            #expect(
                answer(line) == error("unknown check_type: use Liveness, Readiness, Full"))
        }
    }

    @Test("A line with many values or levels is not read")
    func bounds() {
        let expected = error("the line has too many values or levels")
        #expect(answer("[" + String(repeating: "1,", count: 100) + "1]") == expected)
        #expect(
            answer(String(repeating: "[", count: 40) + String(repeating: "]", count: 40))
                == expected)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import StatusBoard
import Testing

@testable import WrapperStatus

@Suite("The answer of a wrapper")
struct WrapperReportTests {
    private func report(_ text: String) -> WrapperReport? { WrapperReport(line: Array(text.utf8)) }

    @Test("A whole answer is read; members that are not known are left out")
    func whole() {
        let found = report(
            #"{"type":"health_response","ok":true,"new":[1],"report":{"state":"Degraded","ready":true,"reason":"r","#
                + #""uptime_secs":7,"checks":[{"name":"a","kind":"tcp","target":"b:1","state":"Unhealthy","#
                + #""reason":"gone","age":3}]}}"#)
        #expect(found?.isOK == true)
        #expect(found?.state == .degraded)
        #expect(
            found?.checks == [
                .init(name: "a", kind: "tcp", target: "b:1", state: .unhealthy, reason: "gone")
            ])
    }

    @Test(
        "What is no answer of a wrapper is none",
        arguments: [
            "", "{}", "[]", "nonsense", #"{"type":"error","message":"x"}"#,
            #"{"type":"health_response","ok":true,"report":null}"#,
            #"{"type":"health_response","ok":1,"report":{"state":"Healthy"}}"#,
            #"{"type":"health_response","ok":true,"report":{"state":"healthy"}}"#,
            #"{"type":"health_response","ok":true,"report":{"state":"fine"}}"#,
            String(repeating: "[", count: 100),
        ])
    func garbage(text: String) { #expect(report(text) == nil) }

    @Test("The report of a runtime is read as well: it has no checks")
    func runtime() {
        let found = report(
            #"{"type":"health_response","check_type":"Full","ok":false,"report":{"state":"Unhealthy","ready":false,"#
                + #""accepting_requests":true,"models_loaded":0,"memory_used_bytes":1,"queue_depth":0,"uptime_secs":4}}"#
        )
        #expect(found?.isOK == false && found?.state == .unhealthy && found?.checks == [])
    }

    @Test("An explanation is read as it was written; what is none is refused")
    func explanation() {
        func read(_ text: String) -> WrapperExplanation? {
            WrapperExplanation(line: Array(text.utf8))
        }
        let found = read(#"{"type":"explanation","ok":false,"document":"a\n└─ \"b\"\n"}"#)
        #expect(found?.isOK == false)
        #expect(found?.document == "a\n└─ \"b\"\n")
        #expect(read(#"{"type":"error","message":"unknown type"}"#) == nil)
        #expect(read(#"{"type":"explanation","ok":true}"#) == nil)
        #expect(read(#"{"type":"explanation","document":"a"}"#) == nil)
    }

    @Test("The places of the socket are tried in order; a given one is the only one")
    func sockets() {
        let usual = StatusSocket.candidates(given: nil)
        #expect(usual.prefix(2).map(\.path) == ["/run/healthcheck.sock", "/tmp/healthcheck.sock"])
        #expect(usual.last?.path == nil)
        #expect(usual.last?.text.hasPrefix("@healthcheck-") == true)
        #expect(StatusSocket.candidates(given: "/a").map(\.text) == ["/a"])
        #expect(StatusSocket.candidates(given: String(repeating: "a", count: 108)).isEmpty)
    }
}

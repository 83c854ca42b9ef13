// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
import HTTPRouting
import HealthProtocol
import StatusBoard
import Testing

@testable import StatusPages

@Suite("The pages of groups")
struct GroupPageTests {
    private let fixture = PagesFixture()

    @Test("They are ok in plain text, and name their checks when asked")
    func passing() {
        for group in HealthGroup.allCases {
            let response = fixture.group(group)
            #expect(response.status == .ok && response.text == "ok")
            #expect(response["content-type"] == "text/plain; charset=utf-8")
            #expect(response["x-content-type-options"] == "nosniff")
            #expect(response["cache-control"] == "no-cache")
        }
        #expect(
            fixture.group(.readiness, verbose: true).text == """
                [+]draining ok
                [+]progress ok
                [+]model/a ok
                [+]memory ok
                readyz check passed

                """)
    }

    @Test("A failure names its checks unasked, and the reason is withheld from everybody")
    func failing() {
        fixture.report(["memory": PagesFixture.low])
        let response = fixture.group(.readiness)
        #expect(response.status == .serviceUnavailable)
        #expect(
            response.text == """
                [+]draining ok
                [+]progress ok
                [+]model/a ok
                [-]memory failed: reason withheld
                readyz check failed

                """)
        #expect(
            fixture.group(.readiness, for: .operators).text.contains(
                "[-]memory failed: low memory in /sys/fs/cgroup: 12 MiB\n"))
        #expect(fixture.group(.liveness).status == .ok)
    }

    @Test("What is left out counts as healthy, in this answer only")
    func exclusion() {
        fixture.report(["memory": PagesFixture.low])
        #expect(fixture.group(.readiness, excluding: ["memory"]).text == "ok")
        #expect(
            fixture.group(
                .readiness, verbose: true, excluding: ["memory", "model", "x", "y", "x"]
            ).text == """
                [+]draining ok
                [+]progress ok
                [+]model/a excluded: ok
                [+]memory excluded: ok
                warn: some health checks cannot be excluded: no matches for "x","y"
                readyz check passed

                """)
        #expect(fixture.group(.readiness).status == .serviceUnavailable)
    }

    @Test("Of many unknown names, and of long ones, the beginning is repeated")
    func unknownNames() {
        let names = (1...20).map { "\($0)" + String(repeating: "é", count: 1000) }
        let text = fixture.group(.readiness, verbose: true, excluding: names).text
        #expect(text.utf8.count < 1000 && text.contains(",...\n"))
    }

    @Test("A group follows its rule, not the number of its failed checks")
    func rules() {
        let either = Board(
            rules: [("startup", .any([.outcome("a"), .outcome("b")]))],
            outcomes: ["a": PagesFixture.low, "b": .healthy])
        #expect(
            PagesFixture(either).group(.startup, verbose: true).text == """
                [-]a failed: reason withheld
                [+]b ok
                startupz check passed

                """)
        #expect(PagesFixture(either).group(.readiness).status == .notFound)
        #expect(
            PagesFixture(either).moment().healthz(isVerbose: false, excluding: []).status
                == .notFound)
    }

    @Test("Degraded is ok, and a check without a result is not")
    func states() {
        fixture.report(["memory": PagesFixture.slow])
        #expect(fixture.group(.readiness).text == "ok")
        fixture.report(["memory": nil])
        #expect(fixture.group(.readiness).text.contains("[-]memory failed: reason withheld\n"))
    }

    @Test("One check below a group: its own state, and 404 for one that the group does not have")
    func checks() {
        func page(_ name: String, verbose: Bool = false) -> (HTTP1Status, String) {
            let response = fixture.moment().check(
                name, of: .readiness, isVerbose: verbose, excluding: [])
            return (response.status, response.text)
        }
        fixture.report(["memory": PagesFixture.low])
        #expect(page("model/a") == (.ok, "ok"))
        #expect(page("model/a", verbose: true) == (.ok, "[+]model/a ok\nreadyz check passed\n"))
        #expect(
            page("memory") == (
                .serviceUnavailable, "[-]memory failed: reason withheld\nreadyz check failed\n"
            ))
        #expect(page("files").0 == .notFound && page("model").0 == .notFound)
        let excluded = fixture.moment().check(
            "memory", of: .readiness, isVerbose: false, excluding: ["memory"])
        #expect(excluded.status == .ok)
    }

    @Test("A reason cannot end its line")
    func lines() {
        fixture.report(["memory": Outcome(.unhealthy, .lowMemory, reason: "a\n[+]b ok")])
        #expect(
            fixture.group(.readiness, for: .operators).text.contains(
                "[-]memory failed: a\\n[+]b ok\n"))
    }

    @Test("/healthz follows liveness and /ready readiness, in JSON")
    func json() {
        func texts(verbose: Bool = false) -> [String] {
            let moment = fixture.moment()
            return [
                moment.healthz(isVerbose: verbose, excluding: []).text,
                moment.ready(isVerbose: verbose, excluding: []).text,
            ]
        }
        #expect(
            texts() == [#"{"status":"ok"}"#, #"{"ready":true,"message":"Service is ready"}"#])
        fixture.report(["memory": PagesFixture.low])
        #expect(
            texts() == [#"{"status":"ok"}"#, #"{"ready":false,"message":"Service not ready"}"#])
        #expect(
            texts(verbose: true)[1]
                == #"{"ready":false,"message":"Service not ready","checks":{"draining":"ok","#
                + #""progress":"ok","model/a":"ok","memory":"failed"}}"#)
        fixture.report(["draining": PagesFixture.draining])
        #expect(texts()[0] == #"{"status":"unhealthy"}"#)
        #expect(
            fixture.moment().healthz(isVerbose: false, excluding: []).status == .serviceUnavailable)
        #expect(
            fixture.moment().ready(isVerbose: false, excluding: []).status == .serviceUnavailable)
    }
}

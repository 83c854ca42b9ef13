// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTP1Wire
import HTTPRouting
import StatusBoard
import Testing

@testable import StatusPages

@Suite("The formats of /health")
struct HealthFormatTests {
    private let fixture = PagesFixture()

    @Test(
        "The format is the one that the client prefers, and JSON when it names none",
        arguments: [
            (nil, .json), ("*/*", .json), ("image/png", .json), ("", .json),
            ("text/plain", .text), ("application/health+json", .healthJSON),
            ("APPLICATION/JSON", .json), ("text/*", .text), ("application/*", .json),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", .json),
            ("text/plain;q=0.5, application/health+json", .healthJSON),
            ("text/plain, application/json", .text), ("application/json, text/plain", .json),
            ("text/plain;q=0, */*", .json), ("application/json;q=0, */*;q=0.1", .healthJSON),
            ("application/json;q=0.2, text/plain;q=0.3", .text),
        ] as [(String?, HealthFormat)])
    func negotiation(accept: String?, format: HealthFormat) {
        #expect(HealthFormat(accept: accept) == format)
    }

    @Test("application/health+json: the whole document, with output for what does not pass only")
    func healthJSON() {
        fixture.report(["memory": PagesFixture.low, "files": PagesFixture.slow])
        let response = fixture.health(.healthJSON)
        #expect(response.status == .serviceUnavailable)
        #expect(response["content-type"] == "application/health+json")
        func check(id: String = "", _ state: String, _ status: String, _ rest: String) -> String {
            #"[{\#(id)"componentType":"component","observedValue":"\#(state)","#
                + #""status":"\#(status)","time":"2026-11-21T09:\#(rest)}]"#
        }
        let good = check("healthy", "pass", #"21:40.000Z""#)
        #expect(
            response.text
                == #"{"status":"fail","version":"0.1.0","serviceId":"echo-1f2e3d4c","#
                + #""description":"health of echo","output":"low-memory","checks":{"#
                + #""draining:state":\#(good),"progress:state":\#(good),"model:state":"#
                + check(id: #""componentId":"a","#, "healthy", "pass", #"21:40.000Z""#)
                + #","memory:state":"#
                + check("unhealthy", "fail", #"29:50.000Z","output":"low-memory""#)
                + #","files:state":"#
                + check("degraded", "warn", #"29:50.000Z","output":"stalled""#)
                + #","startup:state":\#(good),"#
                + #""uptime":[{"componentType":"system","observedValue":600,"observedUnit":"s","#
                + #""status":"pass","time":"2026-11-21T09:30:00.000Z"}]}}"#)
        #expect(
            fixture.health(.healthJSON, for: .operators).text.contains(
                #""output":"low memory in /sys/fs/cgroup: 12 MiB""#))
    }

    @Test("application/health+json: what passes has no output, and warn is a success")
    func healthJSONStatus() {
        #expect(!fixture.health(.healthJSON).text.contains("output"))
        fixture.report(["files": PagesFixture.slow])
        let response = fixture.health(.healthJSON)
        #expect(response.status == .ok && response.text.hasPrefix(#"{"status":"warn""#))
    }

    @Test(
        "application/health+json: checks of one component are one array, and a colon ends no name")
    func components() throws {
        fixture.report(["model/b": .healthy, "a:b": .healthy, "a-b": .healthy])
        let value = try JSONSerialization.jsonObject(with: Data(fixture.health(.healthJSON).body))
        let checks = try #require(
            (value as? [String: Any])?["checks"] as? [String: [[String: Any]]])
        #expect(checks["model:state"]?.compactMap { $0["componentId"] as? String } == ["a", "b"])
        #expect(checks["a-b:state"]?.count == 2)
    }

    @Test("Plain text is one word, and verbose a line for each check")
    func text() {
        fixture.report(["memory": PagesFixture.low])
        let response = fixture.health(.text)
        #expect(response.text == "unhealthy\n")
        #expect(response["content-type"] == "text/plain; charset=utf-8")
        #expect(
            fixture.health(.text, verbose: true, excluding: ["model"]).text == """
                unhealthy
                draining: healthy
                progress: healthy
                memory: unhealthy (low-memory)
                files: healthy
                startup: healthy

                """)
        #expect(
            fixture.health(.text, verbose: true, for: .operators).text.contains(
                "memory: unhealthy (low memory in /sys/fs/cgroup: 12 MiB)\n"))
        #expect(fixture.health(.text, excluding: ["x"]).text.hasSuffix("no matches for \"x\"\n"))
    }
}

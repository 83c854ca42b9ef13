// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTP1Wire
import HTTPRouting
import HealthProtocol
import StatusBoard
import Testing

@testable import StatusPages

@Suite("/health")
struct HealthPageTests {
    private let fixture = PagesFixture()

    private func decoded(_ response: HTTPResponse) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(response.body))
        return try #require(value as? [String: Any])
    }

    @Test("A healthy service: the whole document")
    func healthy() {
        let response = fixture.health()
        #expect(response.status == .ok && response["content-type"] == "application/json")
        #expect(
            response.text
                == #"{"status":"healthy","timestamp":"2026-11-21T09:30:00.000Z","service":"echo","#
                + #""version":"0.1.0","checks":{"draining":"healthy","progress":"healthy","#
                + #""model/a":"healthy","memory":"healthy","files":"healthy","startup":"healthy"},"#
                + #""metadata":{"uptime_seconds":600,"last_error":null}}"#)
    }

    @Test("What readiness does not need makes the service degraded, which is a success")
    func degraded() throws {
        fixture.report(["files": PagesFixture.slow])
        let response = fixture.health()
        let document = try decoded(response)
        #expect(response.status == .ok && document["status"] as? String == "degraded")
        #expect((document["checks"] as? [String: String])?["files"] == "degraded")
        #expect((document["metadata"] as? [String: Any])?["last_error"] as? String == "stalled")
    }

    @Test("Unhealthy is 503, with the code of the cause for everybody and its reason for operators")
    func unhealthy() throws {
        fixture.report(["memory": PagesFixture.low])
        let response = fixture.health()
        let document = try decoded(response)
        #expect(response.status == .serviceUnavailable)
        #expect(document["status"] as? String == "unhealthy")
        #expect((document["metadata"] as? [String: Any])?["last_error"] as? String == "low-memory")
        #expect(!response.text.contains("cgroup") && !response.text.contains("12 MiB"))
        let full = try decoded(fixture.health(.json, for: .operators))
        #expect(
            (full["metadata"] as? [String: Any])?["last_error"] as? String
                == "low memory in /sys/fs/cgroup: 12 MiB")
    }

    @Test("Unknown is 503, and so is a service that starts")
    func unknown() throws {
        fixture.report(["memory": .unknown])
        let response = fixture.health(verbose: true)
        let document = try decoded(response)
        #expect(
            response.status == .serviceUnavailable && document["status"] as? String == "unknown")
        #expect(document["overall_message"] as? String == "Unable to determine health status")
        let starting = PagesFixture.starting().health()
        #expect(starting.status == .serviceUnavailable && !starting.text.contains("secret"))
        #expect(try decoded(starting)["status"] as? String == "unhealthy")
    }

    @Test("A drain has a document of its own; verbose adds the rest to it")
    func draining() throws {
        fixture.report(["draining": PagesFixture.draining, "memory": PagesFixture.low])
        let response = fixture.health()
        #expect(response.status == .serviceUnavailable)
        #expect(
            response.text == #"{"status":"shutting_down","message":"Service is shutting down"}"#)
        let verbose = try decoded(fixture.health(verbose: true))
        #expect(verbose["status"] as? String == "shutting_down")
        #expect(verbose["overall_status"] as? String == "unhealthy")
        #expect(fixture.health(.text).text == "shutting_down\n")
        #expect(
            try decoded(fixture.health(.healthJSON))["output"] as? String
                == "Service is shutting down")
    }

    @Test("Maintenance is unhealthy, and says so by its code")
    func maintenance() throws {
        fixture.report(["memory": PagesFixture.maintenance])
        let document = try decoded(fixture.health())
        #expect(
            (document["metadata"] as? [String: Any])?["last_error"] as? String == "maintenance")
    }

    @Test("Verbose: results of each check, and a summary")
    func verbose() {
        fixture.report(["memory": PagesFixture.low, "files": PagesFixture.slow])
        let text = fixture.health(verbose: true).text
        #expect(
            text.hasSuffix(
                #""overall_status":"unhealthy","overall_message":"Critical checks failed: memory","#
                    + #""check_duration_ms":1.5,"individual_results":{"#
                    + Self.result("draining") + "," + Self.result("progress") + ","
                    + Self.result("model/a") + ","
                    + #""memory":{"status":"unhealthy","message":"low-memory","duration_ms":1.5,"#
                    + #""metadata":{"reason_code":"low-memory"},"#
                    + #""since":"2026-11-21T09:29:50.000Z","age_seconds":10},"#
                    + #""files":{"status":"degraded","message":"stalled","duration_ms":1.5,"#
                    + #""metadata":{"reason_code":"stalled"},"#
                    + #""since":"2026-11-21T09:29:50.000Z","age_seconds":10},"#
                    + Self.result("startup") + "},"
                    + #""summary":{"total_checks":6,"healthy_count":4,"degraded_count":1,"#
                    + #""unhealthy_count":1,"unknown_count":0,"avg_duration_ms":0.5,"#
                    + #""health_percentage":66.666}}"#))
        #expect(
            fixture.health(verbose: true, for: .operators).text.contains(
                #""metadata":{"reason_code":"low-memory","figures":"12 MiB"}"#))
    }

    private static func result(_ name: String) -> String {
        #""\#(name)":{"status":"healthy","message":"ok","duration_ms":0,"metadata":{},"#
            + #""since":"2026-11-21T09:21:40.000Z","age_seconds":500}"#
    }

    @Test("Verbose of a degraded service counts what is not as it should be")
    func degradedMessage() throws {
        fixture.report(["files": PagesFixture.slow, "startup": PagesFixture.low])
        let document = try decoded(fixture.health(verbose: true))
        #expect(
            document["overall_message"] as? String
                == "Some systems degraded (1 degraded, 1 unhealthy)")
    }

    @Test("A board without checks is unknown")
    func empty() throws {
        let empty = PagesFixture(Board(rules: []))
        let response = empty.health(verbose: true)
        let document = try decoded(response)
        #expect(
            response.status == .serviceUnavailable && document["status"] as? String == "unknown")
        #expect(document["overall_message"] as? String == "No health checks configured")
        #expect(document["summary"] as? [String: Int] == ["total_checks": 0])
    }

    @Test("A board without a readiness depends on all of its checks")
    func plainBoard() {
        let plain = PagesFixture(Board(rules: [], outcomes: ["a": .healthy, "b": .healthy]))
        #expect(plain.health(.text).text == "healthy\n")
        plain.report(["b": PagesFixture.low])
        #expect(plain.health(.text).text == "unhealthy\n")
    }

    @Test("What is left out decides nothing and is not shown; an unknown name is a warning")
    func exclusion() throws {
        fixture.report(["memory": PagesFixture.low])
        let response = fixture.health(excluding: ["memory", "no\"pe"])
        let document = try decoded(response)
        #expect(response.status == .ok && document["status"] as? String == "healthy")
        #expect((document["checks"] as? [String: String])?["memory"] == nil)
        #expect(
            document["warnings"] as? [String] == [
                #"some health checks cannot be excluded: no matches for "no\"pe""#
            ])
        #expect(fixture.health().status == .serviceUnavailable)
    }

    @Test("Names of checks are escaped")
    func escaping() throws {
        fixture.report(["model/\"\n\u{202e}": .healthy])
        let checks = try decoded(fixture.health())["checks"] as? [String: String]
        #expect(checks?["model/\"\n\u{202e}"] == "healthy")
        #expect(!fixture.health(.text, verbose: true).text.contains("\u{202e}"))
    }
}

extension PagesFixture {
    /// Another board.
    init(_ board: Board) { self.board = board }
}

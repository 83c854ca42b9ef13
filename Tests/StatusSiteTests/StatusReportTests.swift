// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HealthProtocol
import StatusBoard
import StatusPages
import Testing

@testable import StatusSite

@Suite("The report for programs")
struct StatusReportTests {
    private static let low = Outcome(
        .unhealthy, .lowMemory, reason: "low memory on /secret", figures: "92 MiB available")

    @Test("The document says how everything is, since when, and what has changed")
    func document() throws {
        var reports = Reports()
        reports.report(Self.low, for: "memory", at: 60)
        reports.now = Reports.at(65)
        let json = try reports.json()
        #expect(json["status"] as? String == "NOT_SERVING")
        #expect(json["phase"] as? String == "not-serving")
        #expect(json["code"] as? String == "low-memory")
        #expect(json["since"] as? String == "2026-11-27T20:01:00Z")
        #expect(json["time"] as? String == "2026-11-27T20:01:05Z")
        #expect(json["reported"] as? String == "2026-11-27T20:01:00Z")
        #expect(json["revision"] as? UInt64 == reports.board.snapshot.statusRevision)
        let service = try #require(json["service"] as? [String: Any])
        #expect(service["uptime_seconds"] as? Int == 65 && service["name"] as? String == "demo")
        let names = try #require(json["names"] as? [[String: Any]])
        #expect(names.map { $0["name"] as? String } == ["", "liveness", "startup"])
        #expect(names[0]["decided_by"] as? String == "memory")
        #expect(names[1]["status"] as? String == "SERVING" && names[1]["code"] is NSNull)
        let checks = try #require(json["checks"] as? [[String: Any]])
        #expect(
            checks.map { $0["name"] as? String } == ["memory", "draining", "model/demo", "startup"])
        #expect(
            checks[0]["age_seconds"] as? Int == 5 && checks[0]["state"] as? String == "unhealthy")
        let changes = try #require(json["changes"] as? [[String: Any]])
        #expect(changes.map { $0["kind"] as? String } == ["name", "check"])
        #expect(
            changes[0]["from"] as? String == "healthy" && changes[0]["to"] as? String == "unhealthy"
        )
    }

    @Test("Reasons, figures and paths are for operators")
    func audiences() throws {
        var reports = Reports()
        reports.report(Self.low, for: "memory", at: 60)
        reports.figures.models = [
            .init(
                name: "demo", outcome: "model/demo", bytes: 1 << 20, path: "/secret/demo.gguf",
                reloadFailure: "/secret/new.gguf is empty")
        ]
        let everybody = reports.report()
        for bytes in [everybody.json, everybody.page, everybody.update] {
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(!text.contains("secret") && !text.contains("92 MiB"))
        }
        let json = try reports.json(for: .operators)
        #expect(json["reason"] as? String == "low memory on /secret: 92 MiB available")
        let models = try #require(json["models"] as? [[String: Any]])
        #expect(models[0]["path"] as? String == "/secret/demo.gguf")
        let page = reports.page(for: .operators)
        #expect(page.contains("Low memory on /secret: 92 MiB available"))
        #expect(page.contains("/secret/demo.gguf") && page.contains("/secret/new.gguf is empty"))
    }

    @Test("Only changes that its readers see give the public document a new revision")
    func revisions() {
        var reports = Reports()
        reports.report(Self.low, for: "memory", at: 60)
        let (mine, theirs) = (reports.report().revision, reports.report(for: .operators).revision)
        var other = Self.low
        other.figures = "3 MiB available"
        reports.report(other, for: "memory", at: 61)
        #expect(reports.report().revision == mine)
        #expect(reports.report(for: .operators).revision == theirs + 1)
    }

    @Test("However much there is, so much is told")
    func bounds() throws {
        var reports = Reports()
        let long = String(repeating: "x", count: 10_000)
        for index in 0..<300 {
            reports.report(
                Outcome(.unhealthy, .dependency, reason: long),
                for: OutcomeName(rawValue: "check\(index)" + long), at: 1)
        }
        reports.figures.models = (0..<300).map { .init(name: "m\($0)" + long, outcome: "m\($0)") }
        let json = try reports.json(for: .operators)
        #expect((json["checks"] as? [Any])?.count == 100 && json["omitted"] as? Int == 204)
        #expect((json["models"] as? [Any])?.count == 100)
        #expect((json["changes"] as? [Any])?.count == ChangeHistory.capacity)
        let report = reports.report(for: .operators)
        #expect(report.json.count < 400_000 && report.page.count < 400_000)
    }

    @Test(
        "The headline has a word for each phase",
        arguments: [
            (Outcome.healthy, "draining" as OutcomeName, "serving", "Serving"),
            (Outcome(.degraded), "memory", "degraded", "Serving"),
            (Outcome(.unhealthy, .draining), "draining", "draining", "Draining"),
            (Outcome(.unhealthy, .maintenance), "memory", "maintenance", "In maintenance"),
            (Outcome(.unhealthy, .loading), "model/demo", "not-serving", "Not serving"),
            (Outcome(.unknown), "memory", "not-serving", "Not serving"),
        ])
    func phases(_ outcome: Outcome, _ name: OutcomeName, _ phase: String, _ word: String) {
        var reports = Reports()
        reports.report(outcome, for: name, at: 1)
        #expect(reports.report().headline.phase == phase)
        #expect(reports.report().headline.word == word)
    }

    @Test("A server that has not started yet is starting")
    func starting() {
        let loading = Outcome(.unhealthy, .loading, reason: "the models are being read")
        let reports = Reports(
            Reports.healthy.merging(["startup": loading, "model/demo": loading]) { $1 })
        #expect(reports.report().headline.phase == "starting")
        #expect(reports.report().headline.explanation == "Still loading.")
        #expect(
            reports.report(for: .operators).headline.explanation == "The models are being read.")
    }
}

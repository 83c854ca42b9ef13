// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import StatusBoard
import StatusPages
import SystemIO
import Testing

@testable import StatusSite

@Suite("The page")
struct PageTests {
    @Test("Text of users is text, whatever is in it")
    func escaping() {
        let evil = "<script>alert('x')</script>&\"\u{202e}\n\u{1b}"
        var reports = Reports()
        reports.name = evil
        reports.report(
            Outcome(.unhealthy, .dependency, reason: evil), for: OutcomeName(rawValue: evil), at: 1)
        reports.figures.models = [
            .init(name: evil, outcome: evil, bytes: 1, path: evil, reloadFailure: evil)
        ]
        for audience in [PageAudience.everybody, .operators] {
            let page = reports.page(for: audience)
            #expect(!page.contains("<script>alert") && !page.contains("'x'"))
            #expect(!page.contains("\u{202e}") && !page.contains("\u{1b}"))
            #expect(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;"))
            // An event has one line of data.
            #expect(!reports.report(for: audience).update.contains(UInt8(ascii: "\n")))
            #expect(!reports.report(for: audience).json.contains(UInt8(ascii: "\n")))
        }
    }

    @Test("A literal is HTML, and what is put into it is text")
    func literals() {
        let inner: HTML = "<b>\("<")</b>"
        let outer: HTML = "<i>\(inner)\(7)\("'&'")</i>"
        #expect(
            String(decoding: outer.bytes, as: UTF8.self) == "<i><b>&lt;</b>7&#39;&amp;&#39;</i>")
    }

    @Test("A long text is cut")
    func longText() {
        let html: HTML = "\(String(repeating: "x", count: 2000))"
        #expect(html.bytes.count == HTML.textLimit + " [cut]".utf8.count)
    }

    @Test("Title and favicon show the state")
    func title() {
        var reports = Reports()
        #expect(reports.page().contains("<title>Serving · demo</title>"))
        #expect(reports.page().contains("%2319703f"))
        reports.report(Outcome(.unhealthy, .lowMemory), for: "memory", at: 1)
        #expect(reports.page().contains("<title>Not serving: low memory · demo</title>"))
        #expect(reports.page().contains("%23c8281f"))
    }

    @Test("The page of an ordinary server has at most 20 KB")
    func weight() {
        var reports = Reports()
        for second in 0..<8 {
            let outcome = second % 2 == 0 ? Outcome(.unhealthy, .lowMemory) : .healthy
            reports.report(outcome, for: "memory", at: Int64(second) * 60)
        }
        reports.figures = SiteFigures(
            memory: .init(available: 1 << 30, low: 100 << 20, high: 120 << 20, resident: 8 << 20),
            queue: .init(waiting: 3, limit: 256, longAt: 256, busyWorkers: 4, workers: 4),
            models: [.init(name: "demo", outcome: "model/demo", bytes: 1 << 20)],
            connections: [.init(purpose: "port", open: 1, limit: 10, streams: 1)])
        #expect(reports.page(for: .operators).utf8.count <= 20_000)
    }

    @Test("Memory is told against its marks")
    func memory() {
        var reports = Reports()
        reports.figures.memory = .init(
            available: 110 << 20, low: 100 << 20, high: 120 << 20, resident: 8 << 20)
        #expect(reports.page().contains("not serving below 100.0 MiB"))
        #expect(reports.page().contains("class=\"bar warn\" width=\"305\""))
        reports.figures.memory?.available = 1 << 50
        #expect(reports.page().contains("class=\"bar ok\" width=\"1000\""))
        reports.figures.memory?.available = nil
        #expect(reports.page().contains("not known"))
        reports.figures.memory = .init(available: 1 << 30)
        #expect(!reports.page().contains("not serving below"))
    }

    @Test(
        "Operators see where the process is registered, since when and with which lease; others do not"
    )
    func registrations() throws {
        var reports = Reports()
        var place = RegisteredPlace(
            registry: "redis://h", service: "chat", id: "chat-1f", address: "10.0.0.7:50051")
        place.status = "available"
        (place.since, place.leaseEnd) = (Reports.at(60), Reports.at(3660))
        var lost = RegisteredPlace(
            registry: "etcd://<h>", service: "chat", id: "chat-1f", address: "10.0.0.7:50051")
        lost.failure = "connection refused"
        reports.figures.registrations = [place, lost]
        reports.now = Reports.at(120)
        let page = reports.page(for: .operators)
        for text in [
            "<b>redis://h</b>", "Available</span>", "chat · 10.0.0.7:50051 · chat-1f",
            "kept until 21:01:00", "<b>etcd://&lt;h&gt;</b>", "Not registered</span>",
            "Connection refused",
        ] { #expect(page.contains(text), "\(text)") }
        #expect(!reports.page().contains("redis://h"))
        let list = try #require(
            reports.json(for: .operators)["registrations"] as? [[String: Any]])
        #expect(list[0]["since"] as? String == "2026-11-27T20:01:00Z")
        #expect(list[0]["lease_end"] as? String == "2026-11-27T21:01:00Z")
        #expect(list[1]["failure"] as? String == "connection refused")
        #expect(try reports.json()["registrations"] == nil)
    }

    @Test("Names that change together in the same way share a row; a cause alone has no arrow")
    func changes() {
        var reports = Reports()
        reports.report(Outcome(.unhealthy, .draining), for: "draining", at: 5)
        #expect(reports.page().contains("<b>whole server, liveness</b> "))
        #expect(reports.page().contains("SERVING →</span>"))
        reports.report(Outcome(.unhealthy, .stalled), for: "draining", at: 6)
        #expect(reports.page().contains("<b>draining</b> <span class=\"state bad\">"))
        for second in 7..<20 {
            let code: HealthReason = second % 2 == 0 ? .draining : .stalled
            reports.report(Outcome(.unhealthy, code), for: "draining", at: Int64(second))
        }
        #expect(reports.page().contains("earlier ones are in status.json"))
    }

    @Test("The hour has a bar for each minute")
    func hour() {
        var reports = Reports()
        reports.report(Outcome(.unhealthy, .lowMemory), for: "memory", at: 90)
        reports.report(.healthy, for: "memory", at: 100)
        reports.now = Reports.at(180)
        let page = reports.page()
        #expect(page.contains("<path class=\"bar ok\" d=\"M571 0h8v40h-8zM591 0h8v40h-8z\"/>"))
        #expect(page.contains("not serving in 1 of 3 known minutes"))
        #expect(page.contains("<path class=\"bar bad\" d=\"M581 26h8v14h-8z\"/>"))
    }

    @Test(
        "How long ago something was is told in its largest unit",
        arguments: [
            (0, "now"), (1, "now"), (2, "2 s ago"), (59, "59 s ago"), (60, "1 min ago"),
            (3599, "59 min ago"), (3600, "1 h ago"), (86_399, "23 h ago"), (200_000, "2 d ago"),
        ])
    func ages(_ seconds: Int64, _ words: String) {
        let clock = PageClock(now: Reports.at(seconds), wall: Timestamp(milliseconds: Reports.wall))
        #expect(clock.ago(Reports.at(0)) == words)
        #expect(clock.ago(Reports.at(seconds + 1)) == "now")
    }

    @Test("A moment of another day has its date")
    func dates() {
        let clock = PageClock(now: Reports.at(0), wall: Timestamp(milliseconds: Reports.wall))
        #expect(clock.shortText(of: Reports.at(-1)) == "19:59:59 UTC")
        #expect(clock.shortText(of: Reports.at(-80_000)) == "2026-11-26 21:46:40 UTC")
        let later = PageClock(
            now: Reports.at(86_400 * 95),
            wall: Timestamp(milliseconds: Reports.wall + 86_400_000 * 95))
        #expect(later.text(of: Reports.at(0)) == "2026-11-27T20:00:00Z")
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Exposition
import HTTP1Wire
import HTTPRouting
import Synchronization
import TestSupport
import Testing

@testable import Scraping

@Suite("The page of metrics")
final class MetricsPageTests {
    private let group: EventLoopGroup
    private let routes: HTTPRoutes
    private let reads = Mutex(0)

    init() throws {
        group = try EventLoopGroup(count: 1)
        let loop = group.loops[0]
        let source = DirectSource { [MetricFamily(.counter, "hits", help: "Hits.", .integer(2))] }
        let page = MetricsPage(MetricsCollector([source], on: loop), on: loop)
        routes = HTTPRoutes(of: [page], on: loop)
    }

    deinit { group.stop() }

    private func get(
        _ fields: [(name: String, value: String)] = [], _ answers: Mailbox<HTTPResponse>
    ) throws {
        guard case .handler(.deferred(let handler)) = routes.match(.get, "/metrics") else {
            throw Unexpected("no deferred handler")
        }
        let request = HTTPRequest(.get, "/metrics", fields: fields)
        #expect(handler(request, HTTPResponder { answers.put($0) }) == nil)
    }

    @Test("is text for those who do not ask, and OpenMetrics for those who do")
    func formats() throws {
        let answers = Mailbox<HTTPResponse>()
        try get([], answers)
        let text = try #require(answers.next())
        #expect(text.status == .ok)
        #expect(text.fields[0].value == "text/plain; version=0.0.4; charset=utf-8")
        #expect(String(decoding: text.body, as: UTF8.self).contains("# TYPE hits_total counter\n"))
        try get([("accept", "application/openmetrics-text;version=1.0.0")], answers)
        let openMetrics = try #require(answers.next())
        #expect(
            openMetrics.fields[0].value
                == "application/openmetrics-text; version=1.0.0; charset=utf-8")
        #expect(String(decoding: openMetrics.body, as: UTF8.self).hasSuffix("# EOF\n"))
    }

    @Test("turns scrapes away when too many wait")
    func limit() throws {
        let loop = group.loops[0]
        let source = SlowSource()
        let desk = LoopBound(MetricsDesk(MetricsCollector([source], on: loop)), on: loop)
        let (all, answers) = (MetricsDesk.limit + 5, Mailbox<HTTPResponse>())
        loop.post {
            for _ in 0..<all { desk.value.ask(for: .text, HTTPResponder { answers.put($0) }) }
        }
        // The first is asked for at once; the others share the next.
        for _ in 0..<2 {
            _ = try #require(source.asked.next())
            source.answer()
        }
        let statuses = try (0..<all).map { _ in try #require(answers.next()).status }
        #expect(statuses.count { $0 == .serviceUnavailable } == 5)
        #expect(statuses.count { $0 == .ok } == MetricsDesk.limit)
    }
}

private struct Unexpected: Error {
    init(_ text: String) {}
}

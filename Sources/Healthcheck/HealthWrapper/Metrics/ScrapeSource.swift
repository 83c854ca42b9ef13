// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import CheckEngine
import CheckScheduling
import EventLoops
import Scraping
import Exposition
import Logging
import NetworkChecks
import StatusBoard
import SystemIO

/// The command's own metrics: its page is fetched when somebody scrapes ours, and not otherwise. A page that cannot be had is
/// left out, so that Prometheus sees the series end. Belongs to the loop.
final class ScrapeSource: MetricSource {
    static let up = MetricFamily(
        .gauge, "vitals_scrape_up",
        help: "1 when the command's own metrics could be read for this page, 0 when not.")
    static let duration = MetricFamily(
        .gauge, "vitals_scrape_duration_seconds", unit: "seconds",
        help: "How long it took to fetch the command's own metrics.")
    static let series = MetricFamily(
        .gauge, "vitals_scrape_series", help: "Series on the command's own page of metrics.")
    static let dropped = MetricFamily(
        .gauge, "vitals_scrape_families_dropped",
        help: "Families on the command's own page that were left out, because their names are ours."
    )

    /// Every family, without values.
    static let all = [up, duration, series, dropped]

    private let runner: NetworkCheck
    private let timeout: Duration
    private let loop: EventLoop
    private let logger: Logger
    private let board: Board
    private let page = Page()
    private let taken: Set<String>
    private var timer: TimerID?
    private var run = 0
    private var told = ""

    /// What a session has fetched.
    private final class Page {
        var bytes: [UInt8]?
    }

    /// A source of what is at `url`, without families that have one of the names in `taken`.
    init(
        _ url: ScrapeURL, within timeout: Duration, taken: Set<String>, board: Board,
        on loop: EventLoop, logger: Logger
    ) {
        self.timeout = timeout
        self.taken = taken
        self.board = board
        self.loop = loop
        self.logger = logger
        let context = CheckContext(on: loop)
        runner = NetworkCheck(of: url.target, on: loop, context.resolver, context.buffer) {
            [page, request = url.request ?? []] in
            ScrapeSession(request) { page.bytes = $0 }
        }
    }

    func collect(_ completion: @escaping @Sendable ([MetricFamily]) -> Void) {
        run += 1
        let (number, begin) = (run, MonotonicTime.now())
        page.bytes = nil
        timer = loop.schedule(at: begin + timeout) { [self] in
            timer = nil
            run += 1
            runner.cancel { [self] in
                finish(
                    .timedOut(after: timeout), since: begin, completion)
            }
        }
        runner.begin(timeout: timeout) { [self] result in
            guard number == run else { return }
            if let timer { loop.cancel(timer) }
            timer = nil
            finish(result, since: begin, completion)
        }
    }

    private func finish(
        _ result: CheckResult, since begin: MonotonicTime,
        _ completion: @Sendable ([MetricFamily]) -> Void
    ) {
        var result = result
        var scraped = ScrapedFamilies([], taken: taken)
        if result.state == .healthy {
            do throws(ScrapedPageError) {
                scraped = ScrapedFamilies(
                    try ScrapedPage(page.bytes ?? []).families, taken: taken)
            } catch {
                result = CheckResult(
                    .unhealthy, "its page is not in the text format: \(error.text)")
            }
        }
        page.bytes = nil
        tell(result, scraped.dropped)
        completion(Self.values(result, scraped, .now() - begin) + scraped.families)
    }

    private static func values(
        _ result: CheckResult, _ scraped: ScrapedFamilies, _ time: Duration
    ) -> [MetricFamily] {
        var (up, duration) = (up, duration)
        var (series, dropped) = (series, dropped)
        up.add(.integer(result.state == .healthy ? 1 : 0))
        duration.add(.number(time.seconds))
        if result.state == .healthy {
            series.add(.integer(scraped.families.reduce(0) { $0 + $1.points.count }))
            dropped.add(.integer(scraped.dropped.count))
        }
        return [up, duration, series, dropped]
    }

    /// Each cause once, until another one comes.
    private func tell(_ result: CheckResult, _ dropped: [String]) {
        let outcome =
            result.state == .healthy
            ? Outcome.healthy
            : Outcome(.degraded, .dependency, reason: "the command's metrics: \(result.cause)")
        board.report(outcome, for: .scrape)
        let names = dropped.prefix(10).joined(separator: ", ")
        let text =
            result.state == .healthy
            ? (dropped.isEmpty ? "" : "left out, because their names are healthcheck's: \(names)")
            : result.cause
        if text != told, !text.isEmpty {
            logger.warning("metrics of the command", metadata: ["reason": "\(text)"])
        }
        told = text
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import EventLoops
import Exposition
import HealthProtocol
import Logging
import NetworkChecks
import Scraping
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

    static let cut = MetricFamily(
        .gauge, "vitals_scrape_cut",
        help:
            "1 when the command's own page has more series than are served, and the rest was left out."
    )

    /// Every family, without values.
    static let all = [up, duration, series, dropped, cut]

    /// Series of the command that are served at most: all that is done for them is done on the one thread.
    static let seriesLimit = 20_000
    /// For reading the page, in one tick of the loop.
    private static let slice = Duration.milliseconds(2)

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
    /// The page that is being read.
    private var reading: ScrapedPage?
    /// Those who wait for the run that is under way; nil while there is none.
    private var waiting: [@Sendable ([MetricFamily]) -> Void]?

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
        if waiting != nil {
            waiting?.append(completion)
            return
        }
        waiting = [completion]
        run += 1
        let (number, begin) = (run, MonotonicTime.now())
        page.bytes = nil
        timer = loop.schedule(at: begin + timeout) { [self] in
            timer = nil
            run += 1
            runner.cancel { [self] in finish(.timedOut(after: timeout), since: begin) }
        }
        runner.begin(timeout: timeout) { [self] result in
            guard number == run else { return }
            if let timer { loop.cancel(timer) }
            timer = nil
            guard result.state == .healthy else { return finish(result, since: begin) }
            let bytes = page.bytes ?? []
            page.bytes = nil
            reading = ScrapedPage(bytes, limit: Self.seriesLimit)
            read(since: begin)
        }
    }

    /// Reads a page, a slice in each tick.
    private func read(since begin: MonotonicTime) {
        let end = MonotonicTime.now() + Self.slice
        do throws(ScrapedPageError) {
            let isOver = try reading?.read { MonotonicTime.now() >= end }
            if isOver != false { return finish(.healthy, since: begin) }
        } catch {
            reading = nil
            let cause = "its page is not in the text format: \(error.text)"
            return finish(CheckResult(.unhealthy, cause), since: begin)
        }
        _ = loop.schedule(at: loop.now) { [self] in read(since: begin) }
    }

    private func finish(_ result: CheckResult, since begin: MonotonicTime) {
        let scraped = ScrapedFamilies(reading?.families ?? [], taken: taken)
        let isCut = reading?.isCut ?? false
        reading = nil
        tell(result, scraped.dropped, isCut: isCut)
        let values = Self.values(result, scraped, isCut, .now() - begin) + scraped.families
        let completions = waiting ?? []
        waiting = nil
        for completion in completions { completion(values) }
    }

    private static func values(
        _ result: CheckResult, _ scraped: ScrapedFamilies, _ isCut: Bool, _ time: Duration
    ) -> [MetricFamily] {
        var (up, duration) = (up, duration)
        var (series, dropped, cut) = (series, dropped, cut)
        up.add(.integer(result.state == .healthy ? 1 : 0))
        duration.add(.number(time.roundedSeconds))
        if result.state == .healthy {
            series.add(.integer(scraped.families.reduce(0) { $0 + $1.points.count }))
            dropped.add(.integer(scraped.dropped.count))
            cut.add(.integer(isCut ? 1 : 0))
        }
        return [up, duration, series, dropped, cut]
    }

    /// Each cause once, until another one comes.
    private func tell(_ result: CheckResult, _ dropped: [String], isCut: Bool) {
        let problem =
            isCut
            ? "its page has more than \(Self.seriesLimit) series, and the rest is left out"
            : result.state == .healthy ? "" : result.cause
        board.report(
            problem.isEmpty
                ? .healthy
                : Outcome(.degraded, .dependency, reason: "the command's metrics: \(problem)"),
            for: .scrape)
        let names = dropped.prefix(10).joined(separator: ", ")
        let text =
            problem.isEmpty && !dropped.isEmpty
            ? "left out, because their names are healthcheck's: \(names)" : problem
        if text != told, !text.isEmpty {
            logger.warning(
                "metrics of the command are missing", metadata: ["reason": "\(text)"])
        }
        told = text
    }
}

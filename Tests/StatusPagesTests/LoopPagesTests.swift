// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP1Wire
import HTTPRouting
import StatusBoard
import Synchronization
import SystemIO
import Testing

@testable import StatusPages

@Suite("The pages of a loop")
struct LoopPagesTests {
    private let fixture = PagesFixture()
    private let loop: EventLoop

    init() throws { loop = try EventLoop() }

    private func makePages(
        _ audience: PageAudience = .everybody, onRead: @escaping () -> Void = {}
    ) -> LoopPages {
        LoopPages(fixture.board, PagesFixture.identity, audience, on: loop) {
            onRead()
            return PageClock(now: PagesFixture.now, wall: PagesFixture.wall)
        }
    }

    /// A request, and what it was answered.
    private final class Exchange: Sendable {
        private let answers = Mutex<[HTTPResponse]>([])
        /// The only answer; nil before it.
        var answer: HTTPResponse? {
            let all = answers.withLock { $0 }
            return all.count == 1 ? all[0] : nil
        }
        func take(_ response: HTTPResponse) { answers.withLock { $0.append(response) } }
    }

    /// What a client's leaving calls is returned with the exchange.
    private func ask(
        _ handler: HTTPHandler, _ request: HTTPRequest,
        onAnswer: @escaping @Sendable () -> Void = {}
    ) -> (Exchange, leave: (() -> Void)?) {
        let exchange = Exchange()
        var leave: (() -> Void)?
        switch handler {
        case .immediate(let answer): exchange.take(answer(request))
        case .choosing(let choose): return ask(choose(request), request, onAnswer: onAnswer)
        case .deferred(let handle):
            leave = handle(
                request,
                HTTPResponder { response in
                    exchange.take(response)
                    onAnswer()
                })
        default: Issue.record("another handler")
        }
        return (exchange, leave)
    }

    private func get(
        _ pages: LoopPages, _ query: String?, kind: LoopPages.Kind = .group(.readiness),
        path: String = "/readyz", tag: String? = nil, from origin: HTTPRequest.Origin = .remote,
        onAnswer: @escaping @Sendable () -> Void = {}
    ) -> (Exchange, leave: (() -> Void)?) {
        let fields = tag.map { [("if-none-match", $0)] } ?? []
        let request = HTTPRequest(.get, path, query: query, fields: fields, from: origin)
        return ask(pages.handler(kind), request, onAnswer: onAnswer)
    }

    /// Does what was posted to the loop.
    private func runPosted() {
        loop.stop()
        loop.run()
    }

    private var revision: UInt64 { fixture.board.snapshot.statusRevision }

    @Test("A page is written once for each change of the board")
    func caching() {
        var reads = 0
        let pages = makePages { reads += 1 }
        #expect(get(pages, nil).0.answer?.text == "ok")
        let first = reads
        for _ in 0..<10 { #expect(get(pages, nil).0.answer?.status == .ok) }
        #expect(reads == first)
        fixture.report(["memory": PagesFixture.low])
        runPosted()
        for _ in 0..<10 { #expect(get(pages, nil).0.answer?.status == .serviceUnavailable) }
        #expect(reads == first + 1)
    }

    @Test("Every path answers, below its group by the name of the check")
    func paths() throws {
        var routes = HTTPRoutes()
        HealthPages(fixture.board, of: PagesFixture.identity, for: .everybody).register(
            in: &routes, on: loop)
        func text(_ path: String, _ query: String? = nil) throws -> String? {
            guard case .handler(let handler) = routes.match(.get, path) else { return nil }
            return ask(handler, HTTPRequest(.get, path, query: query)).0.answer?.text
        }
        #expect(try text("/healthz") == #"{"status":"ok"}"#)
        #expect(try text("/ready") == #"{"ready":true,"message":"Service is ready"}"#)
        for path in [
            "/livez", "/readyz", "/startupz", "/readyz/", "/livez/progress", "/readyz/model/a",
            "/readyz/model%2Fa", "/startupz/startup",
        ] {
            #expect(try text(path) == "ok", "\(path)")
        }
        #expect(try text("/readyz/memory", "verbose")?.hasPrefix("[+]memory ok\n") == true)
        #expect(try text("/livez/memory")?.contains("has no check of this name") == true)
        #expect(try text("/health")?.hasPrefix(#"{"status":"healthy""#) == true)
        #expect(try text("/health", "verbose")?.contains("individual_results") == true)
        #expect(try text("/discover/echo")?.contains("echo-1f2e3d4c") == true)
        #expect(try text("/discover/e%63ho%21") == #"{"service_name":"echo!","instances":[]}"#)
        #expect(try text("/healthz/x") == nil && text("/discover") == nil)
    }

    @Test(
        "A wait or a revision that cannot be read is refused with the reason",
        arguments: [
            ("wait=30", "wait: no unit: use 30s, or ms, m, h\n"),
            (
                "wait=",
                "wait: not a duration: use a number with ns, us, ms, s, m or h, such as 1m30s\n"
            ),
            ("wait=-1s", "wait: it is negative\n"),
            (
                "wait=1s&since=x",
                "since: not a revision: use the number of the field vitals-revision\n"
            ),
            ("since=-1", "since: not a revision: use the number of the field vitals-revision\n"),
        ])
    func malformed(query: String, text: String) {
        let answer = get(makePages(), query).0.answer
        #expect(answer?.status == .badRequest && answer?.text == text)
    }

    @Test("A request waits for a change, and is answered with what there is then")
    func waiting() {
        let pages = makePages()
        let old = get(pages, nil).0.answer?["vitals-revision"]
        #expect(old == "\(revision)")
        let known = get(pages, "wait=30s&since=\(revision)").0
        let plain = get(pages, "wait=30s").0
        #expect(known.answer == nil && plain.answer == nil && pages.waiterCount == 2)
        fixture.report(["memory": PagesFixture.low])
        runPosted()
        for exchange in [known, plain] {
            #expect(exchange.answer?.status == .serviceUnavailable)
            #expect(exchange.answer?["vitals-revision"] == "\(revision)")
        }
        #expect(pages.waiterCount == 0)
    }

    @Test(
        "A change that the client does not know is told at once, and so is one of another process")
    func news() {
        let pages = makePages()
        for since in ["0", "\(revision + 7)"] {
            #expect(get(pages, "wait=30s&since=\(since)").0.answer?.status == .ok)
        }
        #expect(get(pages, "wait=0s").0.answer?.status == .ok && pages.waiterCount == 0)
    }

    @Test("Without a change the wait ends after its time, with 304 for a client that has the page")
    func timeout() {
        let pages = makePages()
        let tag = get(pages, nil).0.answer?["etag"]
        let end = LoopBound(loop, on: loop)
        let stop: @Sendable () -> Void = { end.value.stop() }
        let whole = get(pages, "wait=1ms").0
        let known = get(pages, "wait=2ms", tag: tag, onAnswer: stop).0
        loop.run()
        #expect(whole.answer?.text == "ok" && known.answer?.status == .notModified)
        #expect(pages.waiterCount == 0)
    }

    @Test("A client that leaves while it waits leaves nothing behind")
    func leaving() {
        let pages = makePages()
        let (exchange, leave) = get(pages, "wait=30s")
        #expect(pages.waiterCount == 1)
        leave?()
        leave?()
        fixture.report(["memory": PagesFixture.low])
        runPosted()
        #expect(exchange.answer == nil && pages.waiterCount == 0)
    }

    @Test("So many wait, and no more; clients of this machine have places of their own")
    func bounds() {
        let pages = makePages()
        for _ in 0..<ChangeWaiters.limit { #expect(get(pages, "wait=30s").0.answer == nil) }
        let refused = get(pages, "wait=30s").0.answer
        #expect(refused?.status == .tooManyRequests && refused?["retry-after"] == "5")
        #expect(get(pages, nil).0.answer?.status == .ok)
        #expect(get(pages, "wait=30s", from: .local).0.answer == nil)
        #expect(pages.waiterCount == ChangeWaiters.limit + 1)
    }

    @Test("A drain is told at once, whoever wants to wait for its end")
    func draining() {
        let pages = makePages()
        let before = get(pages, "wait=30s").0
        fixture.report(["draining": PagesFixture.draining])
        runPosted()
        #expect(before.answer?.status == .serviceUnavailable)
        let after = get(pages, "wait=30s&since=\(revision)").0
        #expect(after.answer?.status == .serviceUnavailable && pages.waiterCount == 0)
    }

    @Test("Other figures wake operators only")
    func figures() {
        fixture.report(["memory": PagesFixture.low])
        let (everybody, operators) = (makePages(), makePages(.operators))
        let waiting = get(everybody, "wait=30s").0
        let woken = get(operators, "wait=30s").0
        var other = PagesFixture.low
        other.figures = "11 MiB"
        fixture.report(["memory": other])
        runPosted()
        #expect(waiting.answer == nil && woken.answer?.text.contains("11 MiB") == true)
    }
}

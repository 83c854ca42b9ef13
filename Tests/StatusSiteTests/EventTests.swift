// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP1Wire
import HTTPRouting
import HealthProtocol
import StatusBoard
import StatusPages
import Synchronization
import SystemIO
import Testing

@testable import StatusSite

@Suite("The stream of events")
struct EventTests {
    private let board = Board(rules: Reports.rules, outcomes: Reports.healthy)
    private let loop: EventLoop
    private let routes: HTTPRoutes

    init() throws {
        loop = try EventLoop()
        let source = SiteSource(
            .init(name: "demo", version: "1", started: .now()), board: board,
            history: ChangeRecorder(), figures: { SiteFigures() })
        routes = HTTPRoutes(of: [StatusPage(source, for: .everybody)], on: loop)
    }

    /// Does all that was posted to the loop.
    private func runPosted() {
        loop.stop()
        loop.run()
    }

    private func open(
        _ query: String? = nil, _ method: HTTPRequest.Method = .get, waker: HTTPBodyWaker = .init {}
    ) throws -> HTTPStream {
        guard case .handler(.streaming(let handler)) = routes.match(method, "/events") else {
            throw NotAStream()
        }
        return handler(HTTPRequest(method, "/events", query: query), waker)
    }

    private struct NotAStream: Error {}

    private func source(_ stream: HTTPStream) throws -> any HTTPBodySource {
        guard case .open(let head, let source) = stream else { throw NotAStream() }
        #expect(head.status == .ok && head.fields[0].value == "text/event-stream")
        return source
    }

    private func text(_ part: HTTPBodyPart) -> String? {
        guard case .bytes(let bytes) = part else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("The first event comes at once, with the revision and the time after which to come back")
    func first() throws {
        let stream = try source(open())
        let event = try #require(text(stream.next()))
        #expect(event.hasPrefix("retry: 3000\nid: \(board.snapshot.statusRevision)\ndata: {"))
        #expect(event.hasSuffix("}\n\n") && event.split(separator: "\n").count == 3)
        #expect(event.contains("\"status\":\"SERVING\""))
        #expect(text(stream.next()) == nil)
    }

    @Test("A change wakes the stream, and the event has the newest state")
    func change() throws {
        let woken = Mutex(0)
        let stream = try source(open("page", waker: HTTPBodyWaker { woken.withLock { $0 += 1 } }))
        _ = stream.next()
        for figures in 1...50 {
            board.report(
                Outcome(.unhealthy, .lowMemory, reason: "low", figures: "\(figures)"),
                for: "memory")
        }
        runPosted()
        #expect(woken.withLock { $0 } == 1)
        let event = try #require(text(stream.next()))
        #expect(event.hasPrefix("id: \(board.snapshot.statusRevision)\ndata: <title>Not serving"))
        #expect(text(stream.next()) == nil)
    }

    @Test("A change that these readers do not see wakes no stream")
    func unseen() throws {
        board.report(Outcome(.unhealthy, .lowMemory, reason: "a"), for: "memory")
        runPosted()
        let woken = Mutex(0)
        let stream = try source(open(waker: HTTPBodyWaker { woken.withLock { $0 += 1 } }))
        _ = stream.next()
        board.report(Outcome(.unhealthy, .lowMemory, reason: "b"), for: "memory")
        runPosted()
        #expect(woken.withLock { $0 } == 0)
    }

    @Test("Several changes within a short time are one event more")
    func pacing() {
        func at(_ milliseconds: Int64) -> MonotonicTime {
            MonotonicTime(nanoseconds: milliseconds * 1_000_000)
        }
        var pacer = EventPacer()
        #expect(pacer.changed(at: at(0)) == .tell)
        #expect(pacer.changed(at: at(10)) == .wait(until: at(250)))
        #expect(pacer.changed(at: at(20)) == .nothing)
        #expect(pacer.changed(at: at(240)) == .nothing)
        pacer.timerFired(at: at(251))
        #expect(pacer.changed(at: at(300)) == .wait(until: at(501)))
        pacer.timerFired(at: at(501))
        #expect(pacer.changed(at: at(800)) == .tell)
    }

    @Test("Beyond a number of streams others are refused, until one ends")
    func bound() throws {
        var streams: [any HTTPBodySource] = []
        for _ in 0..<SiteLoop.streamLimit { streams.append(try source(open())) }
        guard case .refused(let response) = try open() else {
            Issue.record("one stream more than the limit")
            return
        }
        #expect(response.status == .serviceUnavailable)
        #expect(
            response.fields.contains { $0.name.description == "retry-after" && $0.value == "30" })
        streams[3].ended()
        _ = try source(open())
    }

    @Test("HEAD opens no stream")
    func head() throws {
        guard case .refused(let response) = try open(nil, .head) else {
            Issue.record("a stream was opened")
            return
        }
        #expect(response.status == .ok && response.body.isEmpty)
    }

    @Test("A document is made once for a state and second, however often it is asked for")
    func documents() {
        let report = Reports().report()
        var documents = SiteDocuments()
        var made = 0
        func ask(_ kind: SiteDocuments.Kind, _ key: SiteDocuments.Key) -> [UInt8] {
            documents.document(kind, key) {
                made += 1
                return report
            }
        }
        let first = SiteDocuments.Key(revision: 1, version: 0, second: 5)
        #expect(ask(.json, first) == ask(.json, first))
        #expect(ask(.page, first) != ask(.json, first))
        #expect(made == 1)
        _ = ask(.json, SiteDocuments.Key(revision: 2, version: 0, second: 5))
        _ = ask(.json, SiteDocuments.Key(revision: 2, version: 0, second: 6))
        #expect(made == 3)
    }

    @Test("The page may use its own style and script only, and is kept by no cache")
    func fields() throws {
        guard case .handler(.immediate(let handler)) = routes.match(.get, "/") else {
            throw NotAStream()
        }
        let response = handler(HTTPRequest(.get, "/"))
        func field(_ name: String) -> String? {
            response.fields.first { $0.name.description == name }?.value
        }
        let policy = try #require(field("content-security-policy"))
        #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
        #expect(policy.split(separator: "sha256-").count == 3 && !policy.contains("unsafe"))
        #expect(field("cache-control") == "no-store")
        #expect(field("x-content-type-options") == "nosniff" && field("x-frame-options") == "DENY")
        #expect(field("referrer-policy") == "no-referrer")
    }
}

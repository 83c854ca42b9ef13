// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP1Wire
import HTTPRouting
import StatusBoard
import SystemIO

/// The pages as one loop serves them. Belongs to the loop.
final class LoopPages {
    /// What a path is for.
    enum Kind {
        case health
        case healthz
        case ready
        case group(HealthGroup)
        /// Below the group's path.
        case check(HealthGroup)
        /// Below `/discover/`.
        case discovery
    }

    private let board: Board
    private let identity: ServiceIdentity
    private let audience: PageAudience
    private let view: BoardView
    private let waiters: ChangeWaiters
    private let loop: EventLoop
    private let readClock: () -> PageClock
    private var moment: PageMoment
    private var validUntil: MonotonicTime

    /// Times in the pages are this old at most.
    private static let validity = Duration.seconds(1)

    /// Pages of a loop that serves nothing yet.
    init(
        _ board: Board, _ identity: ServiceIdentity, _ audience: PageAudience, on loop: EventLoop,
        readClock: @escaping () -> PageClock = PageClock.read
    ) {
        self.board = board
        self.identity = identity
        self.audience = audience
        self.loop = loop
        self.readClock = readClock
        view = board.makeView(on: loop)
        waiters = ChangeWaiters(for: view, on: loop)
        let clock = readClock()
        let context = PageContext(identity: identity, audience: audience, clock: clock)
        moment = PageMoment(board.snapshot, context, reported: board.lastReported)
        // The first request makes it anew; the loop's clock is not read here, since the loop may run already.
        validUntil = MonotonicTime(nanoseconds: .min)
    }

    /// How many requests wait; for tests of what is left behind.
    var waiterCount: Int { waiters.count }

    /// The handler of a path. Only a request that wants to wait needs a place among those that last.
    func handler(_ kind: Kind) -> HTTPHandler {
        let immediate = HTTPHandler.immediate { [self] in response(kind, to: $0) }
        let waiting = HTTPHandler.deferred { [self] in wait(kind, $0, $1) }
        return .choosing { [self] request in
            request.query != nil && mustWait(request) ? waiting : immediate
        }
    }

    /// Answers at once.
    func response(_ kind: Kind, to request: HTTPRequest) -> HTTPResponse {
        refresh()
        do throws(PageQuery.Problem) {
            return try write(kind, request).validated(for: request)
        } catch {
            return HTTPResponse(.badRequest, line: error.text)
        }
    }

    // MARK: Waiting

    private func mustWait(_ request: HTTPRequest) -> Bool {
        guard let query = try? PageQuery(request.query), let wait = query.wait, wait > .zero else {
            return false
        }
        // A drain does not wait for those who wait for its end.
        return !isNews(since: query) && !HealthReport(view.snapshot).isShuttingDown
    }

    private func isNews(since query: PageQuery) -> Bool {
        guard let revision = query.revision else { return false }
        return newestRevision != revision
    }

    /// The page may have been written from a snapshot that has not arrived as a view's yet.
    private var newestRevision: UInt64 {
        max(
            audience.revision(of: view.snapshot).number,
            audience.revision(of: moment.snapshot).number)
    }

    private func wait(
        _ kind: Kind, _ request: HTTPRequest, _ responder: HTTPResponder
    ) -> (() -> Void)? {
        guard let query = try? PageQuery(request.query), let duration = query.wait else {
            responder.respond(response(kind, to: request))
            return nil
        }
        let revision = query.revision ?? newestRevision
        let cancel = waiters.wait(
            duration, from: request.origin, until: { [self] in newestRevision != revision },
            { [self] in responder.respond(response(kind, to: request)) })
        if cancel == nil {
            var refusal = HTTPResponse(
                .tooManyRequests, line: "too many requests wait for a change; ask without wait")
            refusal.fields.append(("retry-after", "5"))
            responder.respond(refusal)
        }
        return cancel
    }

    // MARK: Writing

    /// Takes what is new on the board, and once a second the time.
    private func refresh() {
        guard view.snapshot.revision > moment.snapshot.revision || loop.now >= validUntil else {
            return
        }
        let clock = readClock()
        let context = PageContext(identity: identity, audience: audience, clock: clock)
        moment = PageMoment(board.snapshot, context, reported: board.lastReported)
        validUntil = loop.now + Self.validity
    }

    private func write(
        _ kind: Kind, _ request: HTTPRequest
    ) throws(PageQuery.Problem) -> HTTPResponse {
        if request.query == nil, let page = page(kind, request) { return moment.response(page) }
        let query = try PageQuery(request.query)
        let (isVerbose, names) = (query.isVerbose, query.excluded)
        switch kind {
        case .health:
            let format = HealthFormat(accept: request["accept"])
            if names.isEmpty {
                return moment.response(isVerbose ? .healthVerbose(format) : .health(format))
            }
            return moment.health(format, isVerbose: isVerbose, excluding: names)
        case .healthz: return moment.healthz(isVerbose: isVerbose, excluding: names)
        case .ready: return moment.ready(isVerbose: isVerbose, excluding: names)
        case .group(let group):
            return moment.group(group, isVerbose: isVerbose, excluding: names)
        case .check(let group):
            let name = Self.name(in: request.path)
            if name.isEmpty { return moment.group(group, isVerbose: isVerbose, excluding: names) }
            return moment.check(name, of: group, isVerbose: isVerbose, excluding: names)
        case .discovery: return discovery(request)
        }
    }

    private func page(_ kind: Kind, _ request: HTTPRequest) -> PageMoment.Page? {
        switch kind {
        case .health: .health(HealthFormat(accept: request["accept"]))
        case .healthz: .healthz
        case .ready: .ready
        case .group(let group): .group(group)
        case .check, .discovery: nil
        }
    }

    private func discovery(_ request: HTTPRequest) -> HTTPResponse {
        let page = DiscoveryPage(
            of: Self.name(in: request.path), moment.snapshot, identity, authority: request["host"])
        return HTTPResponse(
            .ok, contentType: HealthFormat.json.contentType, body: page.json,
            fields: moment.validators.fields())
    }

    /// What is below the path's first segment.
    private static func name(in path: String) -> String {
        let rest = path.utf8.dropFirst().drop { $0 != UInt8(ascii: "/") }.dropFirst()
        return HTTPQuery.decodePath(Substring(rest))
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
import HTTP1Wire
package import HTTPRouting
package import StatusPages
import SystemIO

/// The status page at `/`, the same for programs at `/status.json`, and its changes as a stream of events at `/events`.
package struct StatusPage: HTTPService {
    private let source: SiteSource
    private let audience: PageAudience

    /// A page for these readers.
    package init(_ source: SiteSource, for audience: PageAudience) {
        self.source = source
        self.audience = audience
    }

    package func register(in routes: inout HTTPRoutes, on loop: EventLoop) {
        let site = SiteLoop(source, for: audience, on: loop)
        routes.add(
            .get, "/",
            .immediate { _ in
                HTTPResponse(
                    .ok, contentType: "text/html; charset=utf-8", body: site.page,
                    fields: Self.fields + Self.pageFields)
            })
        routes.add(
            .get, "/status.json",
            .immediate { _ in
                HTTPResponse(
                    .ok, contentType: "application/json", body: site.json, fields: Self.fields)
            })
        routes.add(.get, "/events", .streaming { Self.stream($0, $1, site) })
    }

    /// A stream; `?page` asks for events for the page's script.
    private static func stream(
        _ request: HTTPRequest, _ waker: HTTPBodyWaker, _ site: SiteLoop
    ) -> HTTPStream {
        let head = HTTPResponse(
            .ok, fields: [("content-type", "text/event-stream")] + Self.fields)
        if request.method == .head { return .refused(head) }
        let format: EventStream.Format = request.query == "page" ? .page : .json
        let stream = site.addStream { EventStream(format, of: $0, waker, at: $0.now) }
        guard let stream else {
            return .refused(
                HTTPResponse(
                    .serviceUnavailable, contentType: "text/plain; charset=utf-8",
                    body: [UInt8]("too many streams of events; ask /status.json instead\n"),
                    fields: [("retry-after", "30")] + Self.fields))
        }
        return .open(head, stream)
    }

    private typealias Fields = [(name: StaticString, value: String)]

    /// Nothing here is kept by a cache, or taken for what it is not.
    private static let fields: Fields = [
        ("cache-control", "no-store"), ("x-content-type-options", "nosniff"),
        ("cross-origin-resource-policy", "same-origin"), ("referrer-policy", "no-referrer"),
    ]

    /// The page may use its own style and script and ask its own server; nothing else, and not in a frame.
    private static let pageFields: Fields = [
        (
            "content-security-policy",
            "default-src 'none'; style-src \(PageParts.styleSource); script-src "
                + "\(PageParts.scriptSource); img-src data:; connect-src 'self'; base-uri 'none'; "
                + "form-action 'none'; frame-ancestors 'none'"
        ),
        ("x-frame-options", "DENY"), ("cross-origin-opener-policy", "same-origin"),
    ]
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
import Exposition
import HTTP1Wire
package import HTTPRouting

/// `GET /metrics`: what the sources of a collector have, in the format that the client likes best.
package final class MetricsPage: HTTPService {
    private let desk: LoopBound<MetricsDesk>

    /// A page of what `collector`, which belongs to `loop`, collects. Called on that loop.
    package init(_ collector: MetricsCollector, on loop: EventLoop) {
        desk = LoopBound(MetricsDesk(collector), on: loop)
    }

    package func register(in routes: inout HTTPRoutes, on loop: EventLoop) {
        routes.add(
            .get, "/metrics",
            .deferred { [desk] request, responder in
                let format = ExpositionFormat(accept: request["accept"])
                desk.loop.post { desk.value.ask(for: format, responder) }
                return nil
            })
    }
}

/// Answers those who ask for a page, each with one that was collected after it asked. Belongs to the collector's loop.
final class MetricsDesk {
    private let collector: MetricsCollector
    private var askers = 0
    /// Of the latest pages: a good guess for the next.
    private var sizes: [ExpositionFormat: Int] = [:]

    /// More scrapes at once are turned away.
    static let limit = 256

    init(_ collector: MetricsCollector) { self.collector = collector }

    /// Answers with a page of the next collection.
    func ask(for format: ExpositionFormat, _ responder: HTTPResponder) {
        if askers >= Self.limit { return responder.respond(Self.tooMany) }
        askers += 1
        collector.collect { [self] collected in
            askers -= 1
            let page = collected.page(format, capacity: (sizes[format] ?? 8 << 10) + 1024)
            sizes[format] = page.count
            responder.respond(Self.response(page, format))
        }
    }

    private static func response(_ page: [UInt8], _ format: ExpositionFormat) -> HTTPResponse {
        HTTPResponse(
            .ok, contentType: format.contentType.description, body: page,
            fields: [("cache-control", "no-cache"), ("vary", "accept")])
    }

    private static let tooMany = HTTPResponse(
        .serviceUnavailable, contentType: "text/plain; charset=utf-8",
        body: Array("too many scrapes wait for an answer\n".utf8),
        fields: [("retry-after", "1")])
}

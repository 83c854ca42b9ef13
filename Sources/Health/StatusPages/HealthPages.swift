// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import HTTPRouting
package import StatusBoard

/// The pages that tell how a board is: `/health`, `/healthz`, `/livez`, `/ready`, `/readyz`, `/startupz`, the checks below
/// three of them, and `/discover/NAME`. See docs/http.md.
///
/// A request runs no check. It takes a lock only when something has changed, or a second has passed.
package final class HealthPages: HTTPService {
    private let board: Board
    private let identity: ServiceIdentity
    private let audience: PageAudience

    /// The pages of a board.
    package init(_ board: Board, of identity: ServiceIdentity, for audience: PageAudience) {
        self.board = board
        self.identity = identity
        self.audience = audience
    }

    package func register(in routes: inout HTTPRoutes, on loop: EventLoop) {
        let pages = LoopPages(board, identity, audience, on: loop)
        routes.add(.get, "/health", pages.handler(.health))
        routes.add(.get, "/healthz", pages.handler(.healthz))
        routes.add(.get, "/ready", pages.handler(.ready))
        routes.add(.get, "/livez", pages.handler(.group(.liveness)))
        routes.add(.get, "/readyz", pages.handler(.group(.readiness)))
        routes.add(.get, "/startupz", pages.handler(.group(.startup)))
        routes.add(.get, below: "/livez/", pages.handler(.check(.liveness)))
        routes.add(.get, below: "/readyz/", pages.handler(.check(.readiness)))
        routes.add(.get, below: "/startupz/", pages.handler(.check(.startup)))
        routes.add(.get, below: "/discover/", pages.handler(.discovery))
    }
}

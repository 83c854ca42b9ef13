// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import HTTPRouting

/// Paths that change something, at an address of this machine that browsers can reach: a page of another site must not ask
/// for them.
package struct OwnPages: HTTPService {
    private let pages: [any HTTPService]

    /// These paths, for requests that no page of another site has made.
    package init(_ pages: [any HTTPService]) { self.pages = pages }

    package func register(in routes: inout HTTPRoutes, on loop: EventLoop) {
        routes.add(pages, on: loop) { request in
            do throws(AdminRefusal) {
                try BrowserCheck.refuseOtherSites(request)
                return nil
            } catch {
                return error.response
            }
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import HTTPRouting

/// Pages with reasons in them, at an address of this machine that browsers can reach: a site whose name leads here (DNS
/// rebinding) must not read them.
package struct LocalPages: HTTPService {
    private let pages: [any HTTPService]

    /// These pages, for requests that name this machine.
    package init(_ pages: [any HTTPService]) { self.pages = pages }

    package func register(in routes: inout HTTPRoutes, on loop: EventLoop) {
        routes.add(pages, on: loop) { request in
            do throws(AdminRefusal) {
                try BrowserCheck.refuseOtherNames(request)
                return nil
            } catch {
                return error.response
            }
        }
    }
}

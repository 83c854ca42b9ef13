// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import HTTPRouting

/// Pages at an address of this machine that browsers can reach, which some requests of a browser must not reach.
package struct GuardedPages: HTTPService {
    /// Which requests are refused.
    package enum Danger: Sendable {
        /// Those for another name than this machine's: a site whose name leads here (DNS rebinding) must not read reasons.
        case otherNames
        /// Those that a page of another site has made: it must not change anything.
        case otherSites
    }

    private let pages: [any HTTPService]
    private let danger: Danger

    /// These pages, for requests without that danger.
    package init(_ pages: [any HTTPService], against danger: Danger) {
        self.pages = pages
        self.danger = danger
    }

    package func register(in routes: inout HTTPRoutes, on loop: EventLoop) {
        routes.add(pages, on: loop) { [danger] request in
            do throws(AdminRefusal) {
                switch danger {
                case .otherNames: try BrowserCheck.refuseOtherNames(request)
                case .otherSites: try BrowserCheck.refuseOtherSites(request)
                }
                return nil
            } catch {
                return error.response
            }
        }
    }
}

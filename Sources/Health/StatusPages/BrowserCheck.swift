// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
package import HTTPRouting
import Text

/// A browser on this machine can be made to send requests here by any site that its user visits. It says so: with the origin
/// of the page in each POST (the Fetch standard, 3.1), and newer ones with its relation to the target as well (Fetch
/// Metadata). Other programs send neither.
package enum BrowserCheck {
    /// Throws for a request that a page of another site has made.
    package static func refuseOtherSites(_ request: HTTPRequest) throws(AdminRefusal) {
        if let site = request["sec-fetch-site"], site != "same-origin", site != "none" {
            throw refusal
        }
        guard let origin = request["origin"] else { return }
        guard let authority = authority(of: origin), let host = request["host"],
            authority.utf8.elementsEqual(host.utf8), isOfThisMachine(authority)
        else { throw refusal }
    }

    /// Throws for a request that is to another name than one that surely is this machine.
    package static func refuseOtherNames(_ request: HTTPRequest) throws(AdminRefusal) {
        guard let host = request["host"], !isOfThisMachine(host[...]) else { return }
        throw AdminRefusal(
            "ask 127.0.0.1, [::1] or localhost: another name may be that of a site", .forbidden)
    }

    private static let refusal = AdminRefusal(
        "a page of another site has made this request", .forbidden)

    /// What follows the scheme; nil for `null` and other origins without one.
    private static func authority(of origin: String) -> Substring? {
        for scheme in ["http://", "https://"] where origin.hasPrefix(scheme) {
            return origin.dropFirst(scheme.count)
        }
        return nil
    }

    /// A name of another site may lead to this machine (DNS rebinding): only addresses and `localhost` are sure.
    private static func isOfThisMachine(_ authority: Substring) -> Bool {
        ["127.0.0.1", "[::1]", "localhost"].contains { host in
            guard authority.hasPrefix(host) else { return false }
            let rest = authority.utf8.dropFirst(host.utf8.count)
            return rest.isEmpty
                || rest.first == UInt8(ascii: ":") && rest.dropFirst().allSatisfy { $0.isDigit }
        }
    }
}

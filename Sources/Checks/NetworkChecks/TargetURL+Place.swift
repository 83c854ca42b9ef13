// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckScheduling
package import Outbound

extension TargetURL {
    /// Where its connections go; nil without a port, unless it is a service. Takes the option `dns-server` of a service: who is
    /// asked for it.
    package func takePlace(
        _ options: inout CheckOptions, defaultPort: UInt16? = nil
    ) throws(CheckOptionError) -> OutboundTarget.Place? {
        if isService {
            return .service(host, server: try options.takeNameServer("dns-server"))
        }
        return (port ?? defaultPort).map { .host(host, port: $0) }
    }

    /// A target in the short form of kinds that need no scheme: `srv:NAME` is a service, anything else a host.
    static func completed(_ target: String, scheme: String) -> String {
        let short = "srv:"
        if target.hasPrefix(short) { return scheme + "+srv://" + target.dropFirst(short.count) }
        return scheme + "://" + target
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import TLSWire
package import Text

/// Where etcd is, and how it is used.
package struct EtcdSettings: Sendable {
    /// At least one; they are tried in turn.
    package var endpoints: [HostAndPort]
    /// The one that is asked first; nil for any, so that members get their share of clients.
    var first: Int?
    /// Empty for none.
    package var user = ""
    package var password = ""
    /// For TLS; nil for plaintext.
    package var tls: TLSContext?
    /// The name that the certificates have; empty for the host of each endpoint.
    package var serverName = ""
    package var times = EtcdTimes()

    /// How many members are known at most.
    package static let endpointLimit = 16
    /// The port of etcd's clients.
    package static let defaultPort: UInt16 = 2379

    /// These members, in plaintext.
    package init(_ endpoints: [HostAndPort]) { self.endpoints = endpoints }

    /// Members with commas between them, each `HOST`, `HOST:PORT` or `[ADDRESS]:PORT`; nil when it is none of that, or there
    /// are too many.
    package static func endpoints(_ text: String) -> [HostAndPort]? {
        let parts = text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard parts.count <= endpointLimit else { return nil }
        var endpoints: [HostAndPort] = []
        for part in parts {
            guard let endpoint = HostAndPort(part, defaultPort: defaultPort) else { return nil }
            endpoints.append(endpoint)
        }
        return endpoints
    }
}

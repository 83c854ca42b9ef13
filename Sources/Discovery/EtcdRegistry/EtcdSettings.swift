// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
package import TLSWire

/// Where etcd is, and how it is used.
package struct EtcdSettings: Sendable {
    /// One member of the cluster.
    package struct Endpoint: Equatable, Sendable {
        /// A name or an address, without brackets.
        package let host: String
        package let port: UInt16

        /// A member.
        package init(host: String, port: UInt16) {
            self.host = host
            self.port = port
        }

        /// `host:port`, with brackets around an IPv6 address.
        var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    /// At least one; they are tried in turn.
    package var endpoints: [Endpoint]
    /// Empty for none.
    package var user = ""
    package var password = ""
    /// For TLS; nil for plaintext.
    package var tls: TLSContext?
    /// The name that the certificates have; empty for the host of each endpoint.
    package var serverName = ""
    /// How long an instance lives after it was put. etcd makes less than two seconds longer.
    package var timeToLive = Duration.seconds(15)
    /// How long one member may take to answer, with the connection to it.
    package var answerTime = Duration.seconds(2)
    /// How often a watch is asked for a sign of life; one that gives none in this time is broken.
    package var silence = Duration.seconds(3)

    /// How many members are known at most.
    package static let endpointLimit = 16
    /// The port of etcd's clients.
    package static let defaultPort: UInt16 = 2379

    /// These members, in plaintext.
    package init(_ endpoints: [Endpoint]) { self.endpoints = endpoints }

    /// Members with commas between them, each `HOST`, `HOST:PORT` or `[ADDRESS]:PORT`; nil when it is none of that, or there
    /// are too many.
    package static func endpoints(_ text: String) -> [Endpoint]? {
        let parts = text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard parts.count <= endpointLimit else { return nil }
        var endpoints: [Endpoint] = []
        for part in parts {
            guard let address = HostAndPort(part, defaultPort: defaultPort) else { return nil }
            endpoints.append(Endpoint(host: address.host, port: address.port))
        }
        return endpoints
    }
}

/// A host with a port, as a text has them.
struct HostAndPort {
    let host: String
    let port: UInt16

    /// Reads `HOST`, `HOST:PORT`, `[ADDRESS]` or `[ADDRESS]:PORT`; nil for anything else, and without any port.
    init?(_ text: Substring.UTF8View, defaultPort: UInt16? = nil) {
        var host = text
        var portText: Substring.UTF8View?
        if host.first == UInt8(ascii: "[") {
            guard let end = host.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            let rest = host[end...].dropFirst()
            host = host[..<end].dropFirst()
            if !rest.isEmpty {
                guard rest.first == UInt8(ascii: ":") else { return nil }
                portText = rest.dropFirst()
            }
        } else if let colon = host.lastIndex(of: UInt8(ascii: ":")) {
            portText = host[colon...].dropFirst()
            host = host[..<colon]
            if host.contains(UInt8(ascii: ":")) { return nil }
        }
        if let portText {
            let isNumber = portText.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
            guard isNumber, let port = UInt16(Substring(portText)), port > 0 else { return nil }
            self.port = port
        } else {
            guard let defaultPort else { return nil }
            port = defaultPort
        }
        let isPlain = host.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x2F && $0 != 0x40 }
        guard !host.isEmpty, isPlain else { return nil }
        self.host = String(Substring(host))
    }
}

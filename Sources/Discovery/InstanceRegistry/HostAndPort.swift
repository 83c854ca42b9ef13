// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Where something listens: a host with a port.
package struct HostAndPort: Equatable, Sendable {
    /// A name or an address, without brackets.
    package let host: String
    package let port: UInt16

    /// A host with a port, as they are.
    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// `host:port`, with brackets around an IPv6 address.
    package var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Reads `HOST`, `HOST:PORT`, `[ADDRESS]` or `[ADDRESS]:PORT`; nil for anything else, and without any port.
    package init?(_ text: Substring.UTF8View, defaultPort: UInt16? = nil) {
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

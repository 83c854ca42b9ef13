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
    package var text: String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Reads `HOST`, `HOST:PORT`, `[ADDRESS]` or `[ADDRESS]:PORT`; nil for anything else, and without any port.
    package init?(_ text: Substring.UTF8View, defaultPort: UInt16? = nil) {
        guard let parts = try? Self.split(text), Self.isPlain(parts.host) else { return nil }
        let port = if let text = parts.port { Self.port(text) } else { defaultPort }
        guard let port else { return nil }
        self.init(host: String(Substring(parts.host)), port: port)
    }

    private static func isPlain(_ host: Substring.UTF8View) -> Bool {
        !host.isEmpty && host.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x2F && $0 != 0x40 }
    }
}

/// Why a text has no host that ends somewhere.
package enum HostAndPortFault: Error {
    /// A bracket is open, or something else than a port follows the closed one.
    case bracketMissing
    /// An IPv6 address stands without brackets.
    case bracketsNeeded
}

// MARK: The one rule, for all that have a host and a port in a text

extension HostAndPort {
    /// A text with a host and a port, as it is divided.
    package struct Parts {
        package let host: Substring.UTF8View
        /// Nil without a colon for one.
        package let port: Substring.UTF8View?
        package let isBracketed: Bool
    }

    /// Where the host ends, and what stands as the port. Neither is looked at.
    package static func split(
        _ text: Substring.UTF8View
    ) throws(HostAndPortFault) -> Parts {
        if text.first == UInt8(ascii: "[") {
            guard let end = text.firstIndex(of: UInt8(ascii: "]")) else { throw .bracketMissing }
            let host = text[..<end].dropFirst()
            let rest = text[end...].dropFirst()
            guard let first = rest.first else {
                return Parts(host: host, port: nil, isBracketed: true)
            }
            guard first == UInt8(ascii: ":") else { throw .bracketMissing }
            return Parts(host: host, port: rest.dropFirst(), isBracketed: true)
        }
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else {
            return Parts(host: text, port: nil, isBracketed: false)
        }
        let port = text[colon...].dropFirst()
        if port.contains(UInt8(ascii: ":")) { throw .bracketsNeeded }
        return Parts(host: text[..<colon], port: port, isBracketed: false)
    }

    /// A number from 1 to 65535, in digits only; nil for anything else.
    package static func port(_ text: Substring.UTF8View) -> UInt16? {
        let port = listenPort(text)
        return port == 0 ? nil : port
    }

    /// The same, or 0 for any port that is free: where something is to listen.
    package static func listenPort(_ text: Substring.UTF8View) -> UInt16? {
        var number: Int?
        for byte in text {
            guard byte.isDigit else { return nil }
            let next = (number ?? 0) * 10 + Int(byte - UInt8(ascii: "0"))
            if next > Int(UInt16.max) { return nil }
            number = next
        }
        return number.map { UInt16($0) }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import OpenAIWire
import Text

/// The URL of an upstream: `http://host:port` or `https://...`, with an optional path before `/v1`.
package struct UpstreamURL: Equatable, Sendable {
    package let isSecure: Bool
    /// A name or an address, without brackets; the `%` of a zone is not encoded.
    let host: String
    let port: UInt16
    /// Empty, or begins with a slash and ends with none.
    let path: String

    /// Nil when `text` is not such a URL; a user, a query or a fragment is not allowed. A `/v1` at the end, which other clients
    /// need, is ignored.
    package init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        if let afterScheme = Self.dropping("https://", from: rest) {
            isSecure = true
            rest = afterScheme
        } else if let afterScheme = Self.dropping("http://", from: rest) {
            isSecure = false
            rest = afterScheme
        } else {
            return nil
        }
        let slash = UInt8(ascii: "/")
        let forbidden = Array("@?#\\\"<>^`{|}".utf8)
        guard rest.allSatisfy({ $0 > 0x20 && $0 < 0x7f && !forbidden.contains($0) }) else {
            return nil
        }
        let path = rest[(rest.firstIndex(of: slash) ?? rest.endIndex)...]
        guard
            let (host, port) = Self.split(
                authority: rest[..<path.startIndex], defaultPort: isSecure ? 443 : 80)
        else { return nil }
        self.host = host
        self.port = port
        self.path = BasePath.of(path)
    }

    /// Host and port, as in the header field Host.
    var authority: String {
        // A zone has no meaning on other machines (RFC 6874, 4).
        let address = host.prefix { $0 != "%" }
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(address)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// For logs.
    package var text: String { (isSecure ? "https://" : "http://") + authority + path }

    private static func dropping(
        _ scheme: String, from text: ArraySlice<UInt8>
    ) -> ArraySlice<UInt8>? {
        let count = scheme.utf8.count
        let isThere =
            text.count > count && zip(text, scheme.utf8).allSatisfy { $0 | 0x20 == $1 | 0x20 }
        return isThere ? text.dropFirst(count) : nil
    }

    private static func split(
        authority: ArraySlice<UInt8>, defaultPort: UInt16
    ) -> (host: String, port: UInt16)? {
        let written = String(decoding: authority, as: UTF8.self)
        guard let parts = try? HostAndPort.split(written.utf8[...]), !parts.host.isEmpty else {
            return nil
        }
        let name = name(of: parts.host)
        guard let text = parts.port else { return (name, defaultPort) }
        guard let port = HostAndPort.port(text) else { return nil }
        return (name, port)
    }

    /// The "%" before the zone of an IPv6 address is "%25" in a URL (RFC 6874, 2).
    private static func name(of host: Substring.UTF8View) -> String {
        guard let percent = host.firstIndex(of: UInt8(ascii: "%")),
            host[percent...].starts(with: "%25".utf8)
        else { return String(Substring(host)) }
        let zone = host[percent...].dropFirst(3)
        return String(Substring(host[..<percent])) + "%" + String(Substring(zone))
    }
}

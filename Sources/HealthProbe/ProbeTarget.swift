// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags

/// The server that an address of the command line means, by the rules of gRPC's name syntax.
public struct ProbeTarget: Equatable, Sendable {
    /// What to connect to.
    public enum Endpoint: Equatable, Sendable {
        /// A name or a numeric address, which has no brackets here.
        case host(String, port: UInt16)
        /// The path of a Unix socket; a leading `@` names one in the abstract namespace.
        case unix(path: String)
    }

    public let endpoint: Endpoint
    /// What gRPC sends as `:authority`.
    public let authority: String

    /// Reads `host:port`, `:port`, `[::1]:port`, `unix:PATH`, `unix:///PATH`, `unix-abstract:NAME`,
    /// `dns:///host:port` or `passthrough:///host:port`.
    public init(_ address: String) throws(ProbeTargetError) {
        // Only a known word is a scheme: `localhost:80` is a host.
        if let path = Self.rest(of: address, after: "unix:") {
            self = try Self.unix(path)
        } else if let name = Self.rest(of: address, after: "unix-abstract:") {
            if name.isEmpty { throw .pathMissing }
            self.init(endpoint: .unix(path: "@" + name), authority: "localhost")
        } else if let path = Self.rest(of: address, after: "dns:") {
            self = try Self.hostAndPort(try Self.endpoint(path), defaultPort: 443)
        } else if let path = Self.rest(of: address, after: "passthrough:") {
            self = try Self.hostAndPort(try Self.endpoint(path), defaultPort: nil)
        } else if let scheme = Self.scheme(of: address) {
            throw .schemeUnknown(scheme)
        } else {
            self = try Self.hostAndPort(address, defaultPort: nil)
        }
    }

    private init(endpoint: Endpoint, authority: String) {
        self.endpoint = endpoint
        self.authority = authority
    }

    private static func rest(of address: String, after prefix: String) -> String? {
        guard address.utf8.starts(with: prefix.utf8) else { return nil }
        return String(Substring(address.utf8.dropFirst(prefix.utf8.count)))
    }

    /// The word before `://`.
    private static func scheme(of address: String) -> String? {
        guard let colon = address.utf8.firstIndex(of: UInt8(ascii: ":")),
            address.utf8[colon...].starts(with: "://".utf8)
        else { return nil }
        return String(address[..<colon])
    }

    /// A relative path, or an absolute one with or without an empty URL authority (`//`) before it.
    private static func unix(_ path: String) throws(ProbeTargetError) -> ProbeTarget {
        let withoutSlashes = rest(of: path, after: "//")
        let path = withoutSlashes ?? path
        if path.isEmpty { throw .pathMissing }
        if withoutSlashes != nil, path.utf8.first != UInt8(ascii: "/") { throw .pathNotAbsolute }
        return ProbeTarget(endpoint: .unix(path: path), authority: "localhost")
    }

    /// What `dns:` and `passthrough:` are about: `host:port` or `///host:port`.
    private static func endpoint(_ path: String) throws(ProbeTargetError) -> String {
        guard let afterSlashes = rest(of: path, after: "//") else { return path }
        guard let endpoint = rest(of: afterSlashes, after: "/") else { throw .urlAuthorityGiven }
        return endpoint
    }

    private static func hostAndPort(
        _ text: String, defaultPort: UInt16?
    ) throws(ProbeTargetError) -> ProbeTarget {
        var host = text.utf8[...]
        var portText: String?
        if host.first == UInt8(ascii: "[") {
            guard let end = host.firstIndex(of: UInt8(ascii: "]")) else { throw .bracketMissing }
            let afterBracket = host[end...].dropFirst()
            host = host[..<end].dropFirst()
            if !afterBracket.isEmpty {
                guard afterBracket.first == UInt8(ascii: ":") else { throw .bracketMissing }
                portText = String(Substring(afterBracket.dropFirst()))
            }
            if host.isEmpty { throw .hostMissing }
        } else if let colon = host.lastIndex(of: UInt8(ascii: ":")) {
            portText = String(Substring(host[colon...].dropFirst()))
            host = host[..<colon]
            if host.contains(UInt8(ascii: ":")) { throw .bracketsNeeded }
        }
        guard host.allSatisfy(isHostByte) else { throw .hostInvalid(String(Substring(host))) }
        let port = try portText.map(port) ?? defaultPort
        guard let port else { throw .portMissing }
        if host.isEmpty {
            // Here the text is `:port`, or nothing at all after `dns:///`.
            if portText == nil { throw .hostMissing }
            return ProbeTarget(
                endpoint: .host("localhost", port: port), authority: "localhost" + text)
        }
        return ProbeTarget(
            endpoint: .host(String(Substring(host)), port: port), authority: text)
    }

    private static func port(_ text: String) throws(ProbeTargetError) -> UInt16 {
        if text.isEmpty { throw .portMissing }
        let isNumber = text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        guard isNumber, let port = UInt16(text), port > 0 else { throw .portInvalid(text) }
        return port
    }

    /// What may stand in a host: it becomes part of a header, and of a query to the resolver.
    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "/"), UInt8(ascii: "@"), UInt8(ascii: "?"), UInt8(ascii: "#"),
            UInt8(ascii: "["), UInt8(ascii: "]"):
            false
        default: byte > 0x20 && byte < 0x7f
        }
    }
}

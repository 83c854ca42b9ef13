// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Text

/// The server that an address of the command line means, by the rules of gRPC's name syntax.
public struct ClientTarget: Equatable, Sendable {
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
    /// `dns:///host:port` or `passthrough:///host:port`. What begins with a slash after its scheme is decoded (`%20`),
    /// as gRPC for Go decodes it.
    public init(_ address: String) throws(ClientTargetError) {
        // Only a known word is a scheme: `localhost:80` is a host.
        if let path = Self.rest(of: address, after: "unix:") {
            let path = try Self.path(path)
            if path.isEmpty { throw .pathMissing }
            self.init(endpoint: .unix(path: path), authority: "localhost")
        } else if let name = Self.rest(of: address, after: "unix-abstract:") {
            let name = try Self.path(name)
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

    /// What follows `prefix`, which is in lower case, when `address` begins with it in whatever case (RFC 3986, 3.1).
    private static func rest(of address: String, after prefix: String) -> String? {
        let start = address.utf8.prefix(prefix.utf8.count)
        guard start.elementsEqual(prefix.utf8, by: { $0.lowercased == $1 }) else { return nil }
        return String(Substring(address.utf8.dropFirst(prefix.utf8.count)))
    }

    /// The word before `://`.
    private static func scheme(of address: String) -> String? {
        guard let colon = address.utf8.firstIndex(of: UInt8(ascii: ":")),
            address.utf8[colon...].starts(with: "://".utf8)
        else { return nil }
        return String(Substring(address.utf8[..<colon]))
    }

    /// A relative path as it is, or an absolute one, decoded, with or without an empty URL authority (`//`) before it.
    private static func path(_ text: String) throws(ClientTargetError) -> String {
        let slash = UInt8(ascii: "/")
        let afterSlashes = rest(of: text, after: "//")
        let path = afterSlashes ?? text
        if afterSlashes != nil, !path.isEmpty, path.utf8.first != slash { throw .pathNotAbsolute }
        return path.utf8.first == slash ? try decoded(path) : path
    }

    /// What `dns:` and `passthrough:` are about: `host:port`, `/host:port` or `///host:port`.
    private static func endpoint(_ text: String) throws(ClientTargetError) -> String {
        do throws(ClientTargetError) {
            let path = try path(text)
            return rest(of: path, after: "/") ?? path
        } catch .pathNotAbsolute {
            throw .urlAuthorityGiven
        }
    }

    /// The bytes that `%` and two hexadecimal digits stand for, in their place (RFC 3986, 2.1).
    private static func decoded(_ text: String) throws(ClientTargetError) -> String {
        // A path of the system ends at its first NUL.
        guard let bytes = PercentDecoding.strict(Array(text.utf8)), !bytes.contains(0) else {
            throw .encodingInvalid(text)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hostAndPort(
        _ text: String, defaultPort: UInt16?
    ) throws(ClientTargetError) -> ClientTarget {
        let parts = try split(text)
        let host = parts.host
        if parts.isBracketed, host.isEmpty { throw .hostMissing }
        let name = String(Substring(host))
        let mayHaveZone = parts.isBracketed && host.contains(UInt8(ascii: ":"))
        guard host.allSatisfy({ isHostByte($0) || mayHaveZone && $0 == UInt8(ascii: "%") }) else {
            throw .hostInvalid(name)
        }
        if NumericHost.isMalformedIPv4(name) { throw .ipv4Invalid(name) }
        let port = try parts.port.map(port) ?? defaultPort
        guard let port else { throw .portMissing }
        if host.isEmpty {
            // Here the text is `:port`, or nothing at all after `dns:///`.
            if parts.port == nil { throw .hostMissing }
            return ClientTarget(
                endpoint: .host("localhost", port: port), authority: "localhost" + text)
        }
        return zoned(name, port, text)
    }

    /// The `%` before an IPv6 zone may stand there as it is, or as `%25` (RFC 6874); `:authority` has the latter.
    private static func zoned(_ host: String, _ port: UInt16, _ authority: String) -> ClientTarget {
        guard let percent = host.utf8.firstIndex(of: UInt8(ascii: "%")) else {
            return ClientTarget(endpoint: .host(host, port: port), authority: authority)
        }
        let address = String(Substring(host.utf8[..<percent]))
        var zone = String(Substring(host.utf8[percent...].dropFirst()))
        if let name = rest(of: zone, after: "25"), !name.isEmpty { zone = name }
        let afterBracket = authority.utf8.drop { $0 != UInt8(ascii: "]") }
        return ClientTarget(
            endpoint: .host("\(address)%\(zone)", port: port),
            authority: "[\(address)%25\(zone)" + String(Substring(afterBracket)))
    }

    private static func split(
        _ text: String
    ) throws(ClientTargetError) -> HostAndPort.Parts {
        do throws(HostAndPortFault) {
            return try HostAndPort.split(text.utf8[...])
        } catch .bracketMissing {
            throw .bracketMissing
        } catch {
            throw .bracketsNeeded
        }
    }

    private static func port(_ text: Substring.UTF8View) throws(ClientTargetError) -> UInt16 {
        if text.isEmpty { throw .portMissing }
        guard let port = HostAndPort.port(text) else {
            throw .portInvalid(String(Substring(text)))
        }
        return port
    }

    /// What may stand in a host: it becomes part of a header, and of a query to the resolver.
    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "/"), UInt8(ascii: "@"), UInt8(ascii: "?"), UInt8(ascii: "#"),
            UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "%"):
            false
        default: byte > 0x20 && byte < 0x7f
        }
    }
}

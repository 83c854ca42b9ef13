// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// Where a check goes: `scheme://[user[:password]@]host[:port][/path][?name=value&...]`, or `scheme+srv://` with a service of DNS
/// in place of the host (`_grpc._tcp.name`), which has the ports.
package struct TargetURL: Equatable, Sendable {
    /// In lower case, without `+srv`.
    package let scheme: String
    package let user: String?
    package let password: String?
    /// A name or an address, without brackets; or the name of a service.
    package let host: String
    /// The host is a service of DNS.
    package let isService: Bool
    /// Nil when it was not given.
    package let port: UInt16?
    /// As it was written; empty, or begins with a slash.
    package let path: String
    /// What follows the question mark, as it was written; nil when there is none.
    package let query: String?

    /// Reads a URL; `schemes` are those that the check knows, with a blank between them: `http https`. Throws what is wrong with it,
    /// never with a secret in it. A service of DNS is taken where the check `takesServices`.
    ///
    /// Makes no array: a check that runs once would take longer for its type than for the URL.
    package init(
        _ text: String, schemes: String, takesServices: Bool = false
    ) throws(TargetURLError) {
        let bytes = text.utf8[...]
        guard bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { throw .characters }
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            bytes[colon...].starts(with: "://".utf8)
        else { throw .scheme(schemes) }
        let written = Self.text(bytes[..<colon]).lowercased()
        isService = takesServices && written.hasSuffix(Self.serviceSuffix)
        scheme = isService ? String(written.dropLast(Self.serviceSuffix.utf8.count)) : written
        guard Self.has(schemes, scheme) else { throw .scheme(schemes) }
        let rest = bytes[colon...].dropFirst(3)
        let end = rest.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
        let tail = rest[end...]
        if tail.contains(UInt8(ascii: "#")) { throw .fragment }
        let question = tail.firstIndex(of: UInt8(ascii: "?"))
        path = Self.text(tail[..<(question ?? tail.endIndex)])
        query = question.map { Self.text(tail[$0...].dropFirst()) }
        var authority = rest[..<end]
        (user, password) = try Self.takeUser(from: &authority)
        (host, port) = try Self.split(authority)
        if isService, port != nil { throw .servicePort }
    }

    private static var serviceSuffix: String { "+srv" }

    private static func has(_ schemes: String, _ scheme: String) -> Bool {
        var rest = schemes.utf8[...]
        while let end = rest.firstIndex(of: UInt8(ascii: " ")) {
            if rest[..<end].elementsEqual(scheme.utf8) { return true }
            rest = rest[end...].dropFirst()
        }
        return rest.elementsEqual(scheme.utf8)
    }

    /// The host, or the name that a service is of: without the labels that begin with `_`.
    package var serverName: String {
        guard isService else { return host }
        var rest = host.utf8[...]
        while rest.first == UInt8(ascii: "_"), let dot = rest.firstIndex(of: UInt8(ascii: ".")) {
            rest = rest[dot...].dropFirst()
        }
        return String(Substring(rest))
    }

    /// Host and port as they are written in a URL, for messages and for the field Host.
    package func authority(defaultPort: UInt16) -> String {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : serverName
        let port = port ?? defaultPort
        return port == defaultPort ? name : "\(name):\(port)"
    }

    /// The URL with a password masked, and values of the query left out: they may be secrets.
    package var masked: String {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        var text = scheme + (isService ? Self.serviceSuffix : "") + "://"
        if let user { text += password == nil ? "\(user)@" : "\(user):***@" }
        text += name + (port.map { ":\($0)" } ?? "") + path
        if query != nil { text += "?***" }
        return PrintableText.escaped(text, limit: 300)
    }

    /// The value of a name of the query, decoded; nil when it is not there.
    package func value(_ name: String) -> String? {
        for part in (query ?? "").utf8.split(separator: UInt8(ascii: "&")) {
            let pair = part.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard pair[0].elementsEqual(name.utf8) else { continue }
            return pair.count > 1 ? Self.decoded(pair[1]) : ""
        }
        return nil
    }

    /// The names of the query.
    package var names: [String] {
        (query ?? "").utf8.split(separator: UInt8(ascii: "&")).map { part in
            Self.text(part.prefix { $0 != UInt8(ascii: "=") })
        }
    }

    private static func text(_ bytes: Substring.UTF8View) -> String { String(Substring(bytes)) }

    private static func takeUser(
        from authority: inout Substring.UTF8View
    ) throws(TargetURLError) -> (String?, String?) {
        guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else { return (nil, nil) }
        let login = authority[..<at]
        authority = authority[at...].dropFirst()
        let colon = login.firstIndex(of: UInt8(ascii: ":"))
        guard let user = decodedText(login[..<(colon ?? login.endIndex)]) else { throw .percent }
        guard let colon else { return (user, nil) }
        guard let password = decodedText(login[colon...].dropFirst()) else { throw .percent }
        return (user, password)
    }

    private static func split(
        _ authority: Substring.UTF8View
    ) throws(TargetURLError) -> (String, UInt16?) {
        let parts: HostAndPort.Parts
        do throws(HostAndPortFault) {
            parts = try HostAndPort.split(authority)
        } catch {
            throw error == .bracketsNeeded ? .brackets : .host
        }
        guard !parts.host.isEmpty, let name = decodedText(parts.host) else { throw .host }
        guard let text = parts.port else { return (name, nil) }
        guard let port = HostAndPort.port(text) else { throw .port }
        return (name, port)
    }

    private static func decoded(_ bytes: Substring.UTF8View) -> String {
        decodedText(bytes) ?? text(bytes)
    }

    /// Nil when a percent sign is not followed by two digits, or what follows is no UTF-8.
    private static func decodedText(_ written: Substring.UTF8View) -> String? {
        guard written.contains(UInt8(ascii: "%")) else { return text(written) }
        return PercentDecoding.strict(Array(written)).flatMap {
            String(validating: $0, as: UTF8.self)
        }
    }
}

/// What is wrong with the URL of a check. Says nothing of its text, which may have a secret in it.
package enum TargetURLError: Error, Equatable {
    /// A blank or a control character.
    case characters
    /// The scheme is none of these, which have a blank between them.
    case scheme(String)
    case host
    /// An IPv6 address without brackets.
    case brackets
    case port
    case fragment
    case percent
    /// A service has its ports in DNS.
    case servicePort

    /// What is wrong, and what to do; follows the word "target".
    package var text: String {
        switch self {
        case .characters: "has a blank or a control character: write it as %20 and the like"
        case .scheme(let schemes):
            "must begin with "
                + schemes.split(separator: " ").map { $0 + "://" }.joined(separator: " or ")
                + ", as in \(schemes.prefix { $0 != " " })://HOST"
        case .host: "has no host after the scheme"
        case .brackets: "has an IPv6 address: put it in brackets, as in [::1]:80"
        case .port: "has a port that is no number from 1 to 65535"
        case .servicePort: "has a port beside a service, whose ports DNS has: leave it out"
        case .fragment: "has a #: write it as %23"
        case .percent: "has a % that is not followed by two hexadecimal digits: write it as %25"
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// Why an address cannot be connected to, whatever the server does.
public enum ClientTargetError: Error, Equatable, Sendable, CustomStringConvertible {
    case portMissing
    case portInvalid(String)
    case hostMissing
    case hostInvalid(String)
    /// Numbers with dots between them, and no IPv4 address.
    case ipv4Invalid(String)
    /// A `%` without two hexadecimal digits after it, or a NUL.
    case encodingInvalid(String)
    /// An IPv6 address stands without brackets.
    case bracketsNeeded
    /// A bracket is open, or something else than a port follows the closed one.
    case bracketMissing
    case pathMissing
    /// After `unix://` stands something else than a slash.
    case pathNotAbsolute
    /// `dns://server/host` names a resolver, which the probe does not choose.
    case urlAuthorityGiven
    case schemeUnknown(String)

    /// For a person: what is wrong, and what to write instead.
    public var text: String {
        switch self {
        case .portMissing:
            "the address has no port: use host:port"
        case .portInvalid(let port):
            "the address has a bad port \(PrintableText.quoted(port)): use a number from 1 to 65535"
        case .hostMissing:
            "the address has no host: use host:port"
        case .hostInvalid(let host):
            "the address has a bad host \(PrintableText.quoted(host)): use a name or an IP address"
        case .ipv4Invalid(let host):
            "the address has a bad IPv4 address \(PrintableText.quoted(host)): "
                + "use four numbers from 0 to 255 without leading zeros"
        case .encodingInvalid(let text):
            "the address has a bad % in \(PrintableText.quoted(text)): "
                + "use two hexadecimal digits after it, and %25 for the % itself"
        case .bracketsNeeded:
            "the address has too many colons: use brackets for IPv6, as in [::1]:port"
        case .bracketMissing:
            "the address has unpaired brackets: use [::1]:port"
        case .pathMissing:
            "the address has no path: use unix:PATH"
        case .pathNotAbsolute:
            "the path of unix:// is not absolute: use unix:///PATH or unix:PATH"
        case .urlAuthorityGiven:
            "the address names a resolver, which is not supported: use dns:///host:port"
        case .schemeUnknown(let scheme):
            "the address has an unknown scheme \(PrintableText.quoted(scheme)): use host:port"
        }
    }

    /// The same, for `print` and logs.
    public var description: String { text }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Why there is no TLS connection, or no more. Texts of the peer's are printable and bounded.
public enum TLSFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// The peer gave up, and says why.
    case alert(TLSAlert)
    /// The bytes are no TLS records: the peer speaks something else.
    case notTLS
    /// The peer closed during the handshake, or right after it: with TLS 1.3 a server may refuse the client's
    /// certificate after the client has finished its side of the handshake.
    case closed
    /// The peer does not agree to `h2` by ALPN.
    case noHTTP2
    /// The peer's chain does not start at a trusted certificate; the one of `issuer` is missing.
    case unknownAuthority(issuer: String)
    /// The peer's certificate is self-signed, and not trusted.
    case selfSigned(subject: String)
    /// There are no trusted certificates at all on this machine.
    case noRoots
    /// The certificate is for other names.
    case nameMismatch(wanted: String, names: [String])
    /// The certificate has the address as a DNS name, which clients do not accept (RFC 9525, 3.1).
    case addressInDomainName(wanted: String)
    /// The certificate is no workload's: it has not exactly one URI, or that is no SPIFFE ID.
    case noSPIFFEID(names: [String])
    /// The workload is another than the one that is expected.
    case unexpectedSPIFFEID(String, expected: String)
    /// There are no certificates for the trust domain of this ID.
    case unknownTrustDomain(id: String)
    /// A certificate of the chain is not valid any more.
    case expired(subject: String, date: String)
    /// One that it was issued by is not.
    case authorityExpired(subject: String, date: String)
    case notYetValid(subject: String, date: String)
    /// The peer refused our certificate, which is not for clients.
    case ownPurpose(subject: String, TLSAlert)
    /// The chain is bad in another way.
    case certificateRejected(subject: String, reason: String)
    /// The peer showed no certificate, where it must (server).
    case certificateMissing
    /// No version of TLS that both know; we know 1.2 and 1.3.
    case protocolVersion
    /// The peer sends too many records without data: KeyUpdates, alerts.
    case tooManyRecords
    /// The peer broke the protocol, or has no cipher in common with us; `text` is the library's.
    case protocolError(text: String)

    /// What is wrong, without advice: one line.
    public var text: String {
        switch self {
        case .alert(let alert): "the peer refused with the alert \(alert.name)"
        case .notTLS: "the peer does not speak TLS"
        case .closed: "the peer closed the connection during the handshake or right after it"
        case .noHTTP2: "the peer does not agree to h2 (ALPN)"
        case .unknownAuthority(let issuer):
            "the certificate was issued by an unknown authority (\(issuer))"
        case .selfSigned(let subject):
            "the certificate is self-signed and not trusted (\(subject))"
        case .noRoots: "there are no trusted root certificates on this machine"
        case .nameMismatch(let wanted, let names):
            names.isEmpty
                ? "the certificate has no names (SAN), so none is \(wanted)"
                : "the certificate is for \(names.joined(separator: ", ")), not for \(wanted)"
        case .noSPIFFEID(let names):
            "the certificate has no SPIFFE ID (its names: "
                + (names.isEmpty ? "none" : names.joined(separator: ", ")) + ")"
        case .unexpectedSPIFFEID(let id, let expected):
            "the server is \(id), not \(expected)"
        case .unknownTrustDomain(let id):
            "the trust domain of \(id) is not among those that the agent vouches for"
        case .expired(let subject, let date):
            "the certificate of \(subject) expired on \(date)"
        case .authorityExpired(let subject, let date):
            "the certificate of the CA \(subject) expired on \(date)"
        case .addressInDomainName(let wanted):
            "the certificate has \(wanted) as a DNS name, not as an IP address"
        case .ownPurpose(let subject, let alert):
            "the peer refused with the alert \(alert.name): our certificate (\(subject)) is not for clients"
        case .notYetValid(let subject, let date):
            "the certificate of \(subject) is not valid before \(date)"
        case .certificateRejected(let subject, let reason):
            "the certificate of \(subject) is not accepted: \(reason)"
        case .certificateMissing: "the peer showed no certificate"
        case .protocolVersion: "the peer has no version of TLS that we accept (1.2 or 1.3)"
        case .tooManyRecords: "the peer sent too many records without data in a row"
        case .protocolError(let text): "the handshake failed: \(text)"
        }
    }

    /// The same, for `print` and logs.
    public var description: String { text }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What a client trusts, says and shows.
public struct TLSClientConfiguration: Sendable {
    /// Where trust begins.
    public enum Trust: Equatable, Sendable {
        /// The system's roots.
        case system
        /// The certificates of a PEM file.
        case file(path: String)
        /// The workloads of these trust domains.
        case spiffe(SPIFFETrust)
        /// Anything: nothing is verified.
        case anything
    }

    public var trust = Trust.system
    /// What is spoken over the connection.
    package var applicationProtocol = TLSApplicationProtocol.http2
    /// PEM files of the client's own certificate chain and key.
    public var identity: TLSIdentity?

    /// The system's roots, and no certificate of its own.
    public init() {}
}

/// What a client asks for by ALPN (RFC 7301).
package enum TLSApplicationProtocol: Sendable {
    /// The peer has to agree to it.
    case http2
    /// Spoken also where the peer knows nothing of ALPN.
    case http1
    /// ALPN is not used: a protocol that has no name there.
    case none
}

/// What a server shows, and asks of its clients.
public struct TLSServerConfiguration: Sendable {
    /// What a client has to show.
    public enum ClientAuthentication: String, CaseIterable, Sendable {
        case none
        /// A certificate is asked for, and verified when it comes.
        case request
        /// No certificate, no connection.
        case require
    }

    public var identity: TLSIdentity
    /// A PEM file of the certificates that clients' chains begin with; empty for none.
    public var clientCA = ""
    public var clientAuthentication = ClientAuthentication.none
    /// How long a client may resume a session by a ticket instead of a full handshake, in whole seconds and for a week at most;
    /// zero for never. The keys of the tickets are replaced as often, and with each change of the certificates.
    public var ticketLifetime = Duration.seconds(4 * 3600)
    /// What TLS 1.3 allows (RFC 8446, 4.6.1).
    package static let longestTicketLifetime = Duration.seconds(7 * 24 * 3600)

    /// A server that asks its clients for nothing.
    public init(identity: TLSIdentity) { self.identity = identity }
}

/// A certificate chain, the own certificate first, and its key: RSA, ECDSA or Ed25519.
public enum TLSIdentity: Equatable, Sendable {
    /// PEM files; the key in PKCS#8, PKCS#1 or SEC1.
    case files(certificatePath: String, keyPath: String)
    /// DER: certificates one after the other, and a key in PKCS#8.
    case der(certificates: [UInt8], key: [UInt8])

    /// The files that it stands in.
    public var paths: [String] {
        switch self {
        case .files(let certificatePath, let keyPath): [certificatePath, keyPath]
        case .der: []
        }
    }

    /// The identity in two PEM files.
    public init(certificatePath: String, keyPath: String) {
        self = .files(certificatePath: certificatePath, keyPath: keyPath)
    }
}

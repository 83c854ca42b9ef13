// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// What the connections of one configuration share: certificates, key, roots, rules (C: `SSL_CTX`).
///
/// Never changes once it is made, and OpenSSL counts references to it with atomics: any thread may make sessions
/// of it. Hence numbers and not pointers inside.
public final class TLSContext: Sendable {
    private let context: UInt
    private let lookup: UInt
    private let hasNoBundle: Bool
    /// The subject of our own certificate when it is not for clients, and we are one.
    let unfitIdentity: String?
    let isServer: Bool
    /// When our own certificate expires, in seconds since 1970; nil without one.
    package let certificateExpiry: Int?
    /// Whom to accept, when peers are SPIFFE workloads.
    let spiffe: SPIFFETrust?
    let applicationProtocol: TLSApplicationProtocol
    /// A server's; nil when its clients do not resume sessions.
    let tickets: SessionTickets?

    var raw: OpaquePointer { OpaquePointer(bitPattern: context).unsafelyUnwrapped }

    private init(
        _ parts: consuming TLSContextParts, isServer: Bool, spiffe: SPIFFETrust? = nil,
        _ applicationProtocol: TLSApplicationProtocol = .http2, tickets: SessionTickets? = nil
    ) {
        self.tickets = tickets
        self.spiffe = spiffe
        self.applicationProtocol = applicationProtocol
        self.context = UInt(bitPattern: parts.context)
        self.lookup = UInt(bitPattern: parts.lookup)
        self.hasNoBundle = parts.hasNoBundle
        self.unfitIdentity = isServer ? nil : parts.unfitForClients
        self.certificateExpiry = parts.certificateExpiry
        self.isServer = isServer
        parts.isTaken = true
    }

    /// There is nothing to verify a peer's chain with.
    var hasNoRoots: Bool { hasNoBundle && SystemRoots.folderBundle().isEmpty }

    deinit {
        SSL_CTX_free(raw)
        // After the store that uses it.
        X509_LOOKUP_meth_free(OpaquePointer(bitPattern: lookup))
    }

    /// Reads the files of a client's configuration.
    public static func client(
        _ configuration: TLSClientConfiguration
    ) throws(TLSCredentialsError) -> TLSContext {
        var parts = try TLSContextParts.make(TLS_client_method())
        var spiffe: SPIFFETrust?
        if let identity = configuration.identity { try parts.use(identity) }
        switch configuration.trust {
        case .anything: break
        case .system: parts.trustSystem()
        case .file(let path): try parts.trust(path: path)
        case .spiffe(let trust):
            parts.verifyWorkload()
            spiffe = trust
        }
        if configuration.trust != .anything, spiffe == nil { parts.verifyPeer(SSL_VERIFY_PEER) }
        // It never resumes, and a server need not make tickets of TLS 1.2 for it: SSL_OP_NO_TICKET, a macro of a cast.
        SSL_CTX_set_options(parts.context, 1 << 14)
        if configuration.applicationProtocol != .none {
            let offer = offer(configuration.applicationProtocol)
            SSL_CTX_set_alpn_protos(parts.context, offer, UInt32(offer.count))
        }
        return TLSContext(
            parts, isServer: false, spiffe: spiffe, configuration.applicationProtocol)
    }

    /// Reads the files of a server's configuration. The clocks are those of its session tickets.
    package static func server(
        _ configuration: TLSServerConfiguration, clocks: TicketClocks = TicketClocks()
    ) throws(TLSCredentialsError) -> TLSContext {
        var parts = try TLSContextParts.make(TLS_server_method())
        try parts.use(configuration.identity)
        if !configuration.clientCA.isEmpty { try parts.trustAll(path: configuration.clientCA) }
        parts.boundHellos()
        try parts.boundClientChains()
        switch configuration.clientAuthentication {
        case .none: break
        case .request: parts.verifyPeer(SSL_VERIFY_PEER)
        case .require: parts.verifyPeer(SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT)
        }
        parts.preferCheapCiphers()
        // Sessions live in tickets, which are sent when a client is known to have a use for them.
        SSL_CTX_ctrl(parts.context, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
        SSL_CTX_set_num_tickets(parts.context, 0)
        var tickets: SessionTickets?
        let lifetime = Int(
            min(configuration.ticketLifetime, TLSServerConfiguration.longestTicketLifetime)
                .components.seconds)
        if lifetime > 0 {
            parts.acceptTickets(lifetime: lifetime)
            tickets = SessionTickets(
                lifetime: lifetime, certificateExpiry: parts.certificateExpiry, clocks: clocks)
        }
        let bit: (UInt64) -> UInt64 = { 1 << $0 }
        // SSL_OP_NO_RENEGOTIATION, SSL_OP_CIPHER_SERVER_PREFERENCE, SSL_OP_NO_TICKET: macros of casts.
        SSL_CTX_set_options(
            parts.context, bit(30) | bit(22) | (tickets == nil ? bit(14) : 0))
        SSL_CTX_set_alpn_select_cb(
            parts.context,
            { ssl, output, length, offered, count, _ in
                guard let ssl, let offered,
                    let name = TLSContext.choose(
                        UnsafeBufferPointer(start: offered, count: Int(count)),
                        acceptsHTTP1: TLSSession.acceptsHTTP1(ssl))
                else { return SSL_TLSEXT_ERR_ALERT_FATAL }
                output?.pointee = name.baseAddress
                length?.pointee = UInt8(truncatingIfNeeded: name.count)
                return SSL_TLSEXT_ERR_OK
            }, nil)
        return TLSContext(parts, isServer: true, tickets: tickets)
    }

    /// The ALPN list of a client: one name, and its length before it (RFC 7301).
    private static func offer(_ applicationProtocol: TLSApplicationProtocol) -> [UInt8] {
        let name: StaticString = applicationProtocol == .http2 ? "h2" : "http/1.1"
        // Not `[2] + "h2".utf8`: the Embedded build's probe then offers something else.
        var list = [UInt8(truncatingIfNeeded: name.utf8CodeUnitCount)]
        for index in 0..<name.utf8CodeUnitCount { list.append(name.utf8Start[index]) }
        return list
    }

    /// What is spoken with a client that offers this list (RFC 7301, 3.1): `h2` rather than HTTP/1.x.
    private static func choose(
        _ list: UnsafeBufferPointer<UInt8>, acceptsHTTP1: Bool
    ) -> UnsafeBufferPointer<UInt8>? {
        if let http2 = find("h2", in: list) { return http2 }
        return acceptsHTTP1 ? find("http/1.1", in: list) ?? find("http/1.0", in: list) : nil
    }

    private static func find(
        _ name: StaticString, in list: UnsafeBufferPointer<UInt8>
    ) -> UnsafeBufferPointer<UInt8>? {
        var offset = 0
        while offset < list.count {
            let start = offset + 1
            offset = start + Int(list[offset])
            guard offset <= list.count else { return nil }
            let candidate = UnsafeBufferPointer(rebasing: list[start..<offset])
            if candidate.count == name.utf8CodeUnitCount,
                (0..<candidate.count).allSatisfy({ candidate[$0] == name.utf8Start[$0] })
            {
                return candidate
            }
        }
        return nil
    }
}

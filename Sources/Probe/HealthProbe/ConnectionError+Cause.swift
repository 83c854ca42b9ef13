// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCClient
import SystemIO
import TLSWire

extension ConnectionError {
    /// The line `cause:` of a connection that failed: the step, what happened, and what to do about it.
    var cause: String {
        // Before its SETTINGS: a call that it cut off has another cause.
        let text =
            self == .closed ? "HTTP/2: the server closed the connection before its SETTINGS" : text
        return text + (hint.map { ": " + $0 } ?? "")
    }

    private var hint: String? {
        switch self {
        case .target, .resolve, .http2, .system: nil
        case .connect(_, .connectionRefused): "nothing listens there (yet)"
        case .connect(_, .noSuchFile): "is the server running, is the path right?"
        case .connect(_, .permissionDenied): "run the probe as the server's user"
        case .connect(_, .networkUnreachable), .connect(_, .hostUnreachable),
            .connect(_, .addressNotAvailable):
            "no route to it from here; is the address right, does this network have that address family?"
        case .connect: nil
        case .connectTimedOut: "wrong address, a firewall that drops, or a full backlog"
        case .backlogFull: "the server is stuck and accepts no connections"
        case .silent: "it is stuck, or it waits for TLS (try -tls)"
        case .closed: "is this a gRPC port, does it want TLS (try -tls)?"
        case .http1:
            "this is not a gRPC port; "
                + "use the server's gRPC port, or a proxy's that speaks HTTP/2 without TLS"
        case .notHTTP2: "use the server's gRPC port"
        case .needsTLS: "use -tls"
        case .silentInTLS: "it is stuck, or this is not a gRPC port"
        case .tls(let failure): failure.hint
        case .tlsSilent: "it is stuck, or it does not speak TLS (leave -tls out)"
        }
    }
}

extension TLSFailure {
    /// What to do about it; nil when there is nothing to say.
    fileprivate var hint: String? {
        switch self {
        case .alert(.certificateRequired):
            "it wants a client certificate: use -tls-client-cert and -tls-client-key"
        case .alert(.unknownCA), .alert(.badCertificate), .alert(.certificateUnknown),
            .alert(.certificateExpired), .alert(.accessDenied):
            "it does not accept the client certificate: "
                + "check -tls-client-cert, its issuer and its dates"
        case .alert(.handshakeFailure):
            "no cipher in common, or it wants a client certificate (-tls-client-cert)"
        case .alert(.protocolVersion), .protocolVersion:
            "it has to allow TLS 1.2 or 1.3"
        case .alert(.noApplicationProtocol), .noHTTP2:
            "it does not speak HTTP/2 here: is this a gRPC port?"
        case .alert(.unrecognizedName): "it does not know the name: use -tls-server-name"
        case .alert, .protocolError, .certificateRejected, .certificateMissing, .tooManyRecords: nil
        case .notTLS: "it speaks plaintext: leave -tls out"
        case .closed: "is this a TLS port, does it want a client certificate (-tls-client-cert)?"
        case .unknownAuthority, .selfSigned:
            "use -tls-ca-cert with the certificate of its issuer"
        case .noRoots: "use -tls-ca-cert, or set SSL_CERT_FILE"
        case .nameMismatch(_, let names):
            if names.isEmpty {
                "it needs a new certificate"
            } else if let name = names.first(where: { !$0.utf8.contains(UInt8(ascii: "*")) }) {
                "use -tls-server-name \(name)"
            } else {
                "use -tls-server-name with a name that it is for"
            }
        case .addressInDomainName(let wanted):
            "it needs the SAN IP:\(wanted), or use -tls-server-name with another name of it"
        case .authorityExpired:
            "renew it in -tls-ca-cert or in the server's chain"
        case .ownPurpose: "-tls-client-cert needs clientAuth in its extended key usage"
        case .noSPIFFEID: "it is no SPIFFE workload: leave -spiffe out"
        case .unexpectedSPIFFEID: "is -addr right, is -expected-spiffe-id?"
        case .unknownTrustDomain: "federate with that trust domain"
        case .expired: "the server needs a new certificate"
        case .notYetValid: "check the clocks of both machines"
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import TLSWire

/// TLS as ``ProbeConnection`` uses it: its failures are causes.
extension TLSSession {
    /// Takes bytes from the server.
    func take(_ bytes: UnsafeRawBufferPointer) throws(ProbeCause) {
        do throws(TLSFailure) {
            try receive(bytes)
        } catch {
            throw .tlsFailed(error)
        }
    }

    /// Takes plaintext until the buffer is full, or the server has to send more.
    func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(TLSFailure) -> Reading {
        var filled = 0
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let reading: Reading
            do throws(TLSFailure) {
                reading = try read(into: rest)
            } catch {
                // What came before it is still good; the failure comes again with the next read.
                if filled > 0 { break }
                throw error
            }
            guard case .bytes(let count) = reading else {
                return filled > 0 ? .bytes(filled) : reading
            }
            filled += count
        }
        return .bytes(filled)
    }

    /// Everything for the server: what the handshake wants to say, and `plaintext` once it is over.
    func encrypt(_ plaintext: [UInt8]) throws(ProbeCause) -> [UInt8] {
        do throws(TLSFailure) {
            try plaintext.withUnsafeBufferPointer { bytes throws(TLSFailure) in
                try write(UnsafeRawBufferPointer(bytes))
            }
        } catch {
            throw .tlsFailed(error)
        }
        return [UInt8](unsafeUninitializedCapacity: pendingOutput) { place, count in
            count = takeOutput(into: UnsafeMutableRawBufferPointer(place))
        }
    }
}

extension TLSContext {
    /// A session that verifies the server for this name.
    func session(for name: String) throws(ProbeCause) -> TLSSession {
        do throws(TLSFailure) {
            return try TLSSession.client(self, serverName: name)
        } catch {
            throw .tlsFailed(error)
        }
    }
}

extension ProbeCause {
    /// The failure of TLS and what to do about it.
    static func text(_ failure: TLSFailure) -> String {
        guard let hint = hint(failure) else { return "TLS: \(failure.text)" }
        return "TLS: \(failure.text): \(hint)"
    }

    private static func hint(_ failure: TLSFailure) -> String? {
        switch failure {
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

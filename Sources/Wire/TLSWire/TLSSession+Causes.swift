// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

extension TLSSession {
    /// The session that verifies this chain.
    private static func of(chain: OpaquePointer) -> TLSSession? {
        let ssl = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx())
        return ssl.flatMap { of(OpaquePointer($0)) }
    }

    static func of(_ ssl: OpaquePointer) -> TLSSession? {
        SSL_get_ex_data(ssl, 0).map { Unmanaged<TLSSession>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Called by the verification of the peer's chain when it finds a fault; 1 when that is none, else it ends.
    static func judge(_ chain: OpaquePointer) -> CInt {
        // For the library a certificate for any purpose is for none (RFC 5280, 4.2.1.12, says otherwise).
        if X509_STORE_CTX_get_error(chain) == X509_V_ERR_INVALID_PURPOSE,
            CertificatePurpose.isAny(X509_STORE_CTX_get_current_cert(chain))
        {
            X509_STORE_CTX_set_error(chain, X509_V_OK)
            return 1
        }
        if let session = of(chain: chain) { session.rejection = session.describe(chain) }
        return 0
    }

    /// Called in place of the library's verification when peers are SPIFFE workloads; 1 when the peer is one.
    static func verifyWorkload(_ chain: OpaquePointer) -> CInt {
        guard let session = of(chain: chain) else { return 0 }
        guard let trust = session.context.spiffe,
            let failure = SPIFFEVerification.verify(chain, trust)
        else { return 1 }
        // What the chain's own verification found says more.
        if session.rejection == nil { session.rejection = failure }
        return 0
    }

    /// Called in place of the library's verification of a client's chain, which a chain without bounds never sees.
    static func verifyClient(_ chain: OpaquePointer) -> CInt {
        guard let fault = PeerChain.fault(of: chain) else { return X509_verify_cert(chain) }
        X509_STORE_CTX_set_error(chain, X509_V_ERR_CERT_REJECTED)
        let certificate = fault.certificate ?? X509_STORE_CTX_get0_cert(chain)
        of(chain: chain)?.rejection = .certificateRejected(
            subject: CertificateText.of(name: X509_get_subject_name(certificate)),
            reason: fault.reason)
        return 0
    }

    private func describe(_ chain: OpaquePointer) -> TLSFailure {
        let code = X509_STORE_CTX_get_error(chain)
        let text = X509_verify_cert_error_string(Int(code)).map { String(cString: $0) }
        let reason = text ?? "error \(code)"
        guard let certificate = X509_STORE_CTX_get_current_cert(chain) else {
            return .certificateRejected(subject: "the peer", reason: reason)
        }
        let subject = CertificateText.of(name: X509_get_subject_name(certificate))
        switch code {
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
            if context.hasNoRoots { return .noRoots }
            return .unknownAuthority(
                issuer: CertificateText.of(name: X509_get_issuer_name(certificate)))
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            return context.hasNoRoots ? .noRoots : .selfSigned(subject: subject)
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
            return nameMismatch(X509_STORE_CTX_get0_cert(chain))
        case X509_V_ERR_CERT_HAS_EXPIRED:
            let date = CertificateText.of(X509_get0_notAfter(certificate))
            return X509_STORE_CTX_get_error_depth(chain) == 0
                ? .expired(subject: subject, date: date)
                : .authorityExpired(subject: subject, date: date)
        case X509_V_ERR_INVALID_PURPOSE where X509_STORE_CTX_get_error_depth(chain) == 0:
            let purpose = context.isServer ? "clientAuth" : "serverAuth"
            return .certificateRejected(
                subject: subject, reason: "its extended key usage has no \(purpose)")
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return .notYetValid(
                subject: subject, date: CertificateText.of(X509_get0_notBefore(certificate)))
        default:
            return .certificateRejected(subject: subject, reason: reason)
        }
    }

    private func nameMismatch(_ leaf: OpaquePointer?) -> TLSFailure {
        let wanted = Self.normalised(wantedName)
        if Self.isNumericAddress(wanted), CertificateText.domainNames(leaf).contains(wanted) {
            return .addressInDomainName(wanted: wanted)
        }
        return .nameMismatch(wanted: wantedName, names: CertificateText.alternativeNames(leaf))
    }

    /// What the library's latest error means.
    func failure() -> TLSFailure {
        if let rejection { return rejection }
        let code = ERR_peek_last_error()
        defer { ERR_clear_error() }
        // The peer's end of stream, or bytes that cannot be asked for again.
        if code == 0 { return .closed }
        let reason = ERR_GET_REASON(code)
        if ERR_GET_LIB(code) == ERR_LIB_SSL {
            // Alerts of the peer come as reasons from 1000 on.
            if let number = UInt8(exactly: reason - 1000) {
                let alert = TLSAlert(rawValue: number)
                if alert.isAboutCertificate, let subject = context.unfitIdentity {
                    return .ownPurpose(subject: subject, alert)
                }
                return .alert(alert)
            }
            switch reason {
            case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return .certificateMissing
            case SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST: return .notTLS
            case SSL_R_NO_APPLICATION_PROTOCOL: return .noHTTP2
            case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_WRONG_SSL_VERSION, SSL_R_VERSION_TOO_LOW,
                SSL_R_WRONG_VERSION_NUMBER:
                return .protocolVersion
            default: break
            }
        }
        return .protocolError(text: OpenSSL.errorText)
    }
}

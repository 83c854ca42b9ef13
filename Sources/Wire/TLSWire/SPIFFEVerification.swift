// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// Verifies a peer's chain as an X509-SVID (SPIFFE X509-SVID, 5): its ID names the trust domain, whose certificates
/// alone count. Names and purposes of the web's certificates do not matter.
enum SPIFFEVerification {
    /// What the library calls in place of its own verification (C: `SSL_CTX_set_cert_verify_callback`).
    static func verify(_ chain: OpaquePointer, _ trust: SPIFFETrust) -> TLSFailure? {
        guard let leaf = X509_STORE_CTX_get0_cert(chain) else { return .certificateMissing }
        let identifiers = CertificateText.uniformResourceIdentifiers(leaf)
        guard identifiers.count == 1, let domain = SPIFFETrust.trustDomain(of: identifiers[0])
        else {
            return .noSPIFFEID(names: CertificateText.alternativeNames(leaf))
        }
        let id = identifiers[0]
        if let expected = trust.expectedID, expected != id {
            return .unexpectedSPIFFEID(id, expected: expected)
        }
        guard let bundle = trust.bundles.first(where: { $0.trustDomain == domain }) else {
            return .unknownTrustDomain(id: id)
        }
        // A certificate that may sign others is no workload's.
        if X509_check_ca(leaf) != 0 {
            return .certificateRejected(subject: id, reason: "it is a CA's, not a workload's")
        }
        if Certificates(der: bundle.certificates).anchor(chain) { return nil }
        return .unknownAuthority(issuer: CertificateText.of(name: X509_get_issuer_name(leaf)))
    }
}

/// Certificates in a stack of the library; frees both.
struct Certificates: ~Copyable {
    let stack: OpaquePointer?
    /// Every byte belongs to a certificate.
    let isWhole: Bool

    /// Parses certificates that stand one after the other; what is no certificate ends it.
    init(der: [UInt8]) {
        let stack = OPENSSL_sk_new_null()
        self.stack = stack
        isWhole = der.withUnsafeBufferPointer { buffer in
            guard var position = buffer.baseAddress else { return true }
            let end = position + buffer.count
            while position < end {
                var next: UnsafePointer<UInt8>? = position
                guard let certificate = d2i_X509(nil, &next, end - position), let next else {
                    ERR_clear_error()
                    return false
                }
                OPENSSL_sk_push(stack, UnsafeRawPointer(certificate))
                position = next
            }
            return true
        }
    }

    /// Verifies a chain with these as its only anchors. What is wrong comes by the callback of its context.
    borrowing func anchor(_ chain: OpaquePointer) -> Bool {
        X509_STORE_CTX_set0_trusted_stack(chain, stack)
        return X509_verify_cert(chain) == 1
    }

    deinit {
        while let certificate = OPENSSL_sk_pop(stack) { X509_free(OpaquePointer(certificate)) }
        OPENSSL_sk_free(stack)
    }
}

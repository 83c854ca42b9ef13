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

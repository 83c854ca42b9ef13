// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// Limits for a client's certificates, checked before one of their keys is used: the client chooses them.
enum PeerChain {
    /// Of all certificates together; a certificate of a web server has 1 to 2 KiB.
    static let mostBytes = 16 << 10
    /// The client's own, and those between it and the trusted one.
    static let mostCertificates = 8
    /// To verify a signature takes 0.2 ms with such a key, and 1 ms with one of 16,384 bits.
    static let mostRSABits: CInt = 8192
    static let mostCurveBits: CInt = 521
    /// 65,537 has 17. With one as long as the modulus, verifying takes as long as signing.
    static let mostExponentBits: CInt = 33

    /// Why the chain is not even verified; nil when it may be.
    static func fault(of chain: OpaquePointer) -> (certificate: OpaquePointer?, reason: String)? {
        let certificates = X509_STORE_CTX_get0_untrusted(chain)
        let count = max(0, Int(OPENSSL_sk_num(certificates)))
        if count > mostCertificates {
            return (nil, "it comes with \(count) certificates; \(mostCertificates) at most")
        }
        for index in 0..<count {
            let certificate = OpaquePointer(OPENSSL_sk_value(certificates, CInt(index)))
            if let reason = keyFault(X509_get0_pubkey(certificate)) { return (certificate, reason) }
        }
        return nil
    }

    /// What is wrong with a key.
    static func keyFault(_ key: OpaquePointer?) -> String? {
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_ED25519: return nil
        // Also a curve of the client's own making.
        case EVP_PKEY_EC where EVP_PKEY_get_bits(key) <= mostCurveBits: return nil
        case EVP_PKEY_RSA, EVP_PKEY_RSA_PSS:
            let bits = EVP_PKEY_get_bits(key)
            if bits > mostRSABits {
                return "its RSA key has \(bits) bits; \(mostRSABits) at most"
            }
            return hasSmallExponent(key) ? nil : "its RSA key has a long public exponent"
        default: return "its key is neither RSA, ECDSA of at most \(mostCurveBits) bits nor Ed25519"
        }
    }

    private static func hasSmallExponent(_ key: OpaquePointer?) -> Bool {
        var exponent: OpaquePointer?
        guard EVP_PKEY_get_bn_param(key, "e", &exponent) == 1 else { return false }
        defer { BN_free(exponent) }
        return BN_num_bits(exponent) <= mostExponentBits
    }
}

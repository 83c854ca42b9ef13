// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// Keys of other kinds than the usual one. The caller frees them.
extension TestCertificate {
    static func makeRSAKey(exponent: UInt = 65_537) -> OpaquePointer {
        var key: OpaquePointer?
        let context = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nil)
        defer { EVP_PKEY_CTX_free(context) }
        EVP_PKEY_keygen_init(context)
        EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048)
        let number = BN_new()
        defer { BN_free(number) }
        BN_set_word(number, UInt(exponent))
        EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, number)
        EVP_PKEY_keygen(context, &key)
        return key!
    }

    /// A public key whose modulus is no product of two primes, which takes long to find.
    static func makeRSAPublicKey(bits: Int) -> OpaquePointer {
        func long(_ tag: UInt8, _ contents: [UInt8]) -> [UInt8] {
            [tag, 0x82, UInt8(contents.count >> 8), UInt8(contents.count & 0xff)] + contents
        }
        let modulus = [0] + [UInt8](repeating: 0xff, count: bits / 8)
        let der = long(0x30, long(0x02, modulus) + [0x02, 3, 1, 0, 1])
        return der.withUnsafeBufferPointer { buffer in
            var place = buffer.baseAddress
            return d2i_PublicKey(EVP_PKEY_RSA, nil, &place, buffer.count)!
        }
    }

    static func makeKey(kind: CInt) -> OpaquePointer {
        var key: OpaquePointer?
        let context = EVP_PKEY_CTX_new_id(kind, nil)
        defer { EVP_PKEY_CTX_free(context) }
        EVP_PKEY_keygen_init(context)
        EVP_PKEY_keygen(context, &key)
        return key!
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

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

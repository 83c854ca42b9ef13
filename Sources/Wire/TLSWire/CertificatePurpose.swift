// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// What a certificate may be used for, by its extended key usage (RFC 5280, 4.2.1.12).
enum CertificatePurpose {
    /// It names anyExtendedKeyUsage.
    static func isAny(_ certificate: OpaquePointer?) -> Bool {
        has(certificate, UInt32(XKU_ANYEKU))
    }

    /// A client may show it.
    static func isForClients(_ certificate: OpaquePointer?) -> Bool {
        has(certificate, UInt32(XKU_SSL_CLIENT | XKU_ANYEKU))
    }

    private static func has(_ certificate: OpaquePointer?, _ usages: UInt32) -> Bool {
        guard let certificate else { return false }
        // Every bit without the extension: it is for everything.
        return X509_get_extended_key_usage(certificate) & usages != 0
    }
}

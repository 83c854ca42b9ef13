// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// The dates of certificates; for programs.
enum CertificateDates {
    /// When a certificate expires, in seconds since 1970; nil when its date cannot be read.
    static func expiry(of certificate: OpaquePointer?) -> Int? {
        var time = tm()
        guard ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) == 1 else { return nil }
        return Int(timegm(&time))
    }
}

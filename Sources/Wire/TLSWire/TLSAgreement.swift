// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// What both sides have agreed to in a handshake.
package struct TLSAgreement: Equatable, Sendable {
    /// Such as `TLSv1.3`.
    package let version: String
    /// The standard's name of the cipher suite, such as `TLS_AES_128_GCM_SHA256`.
    package let cipher: String
    /// The protocol above, such as `h2`; empty when none was agreed.
    package let applicationProtocol: String
}

extension TLSSession {
    /// Until the peer's own certificate is not valid any more, in whole days, negative when it is not; nil without one.
    package var peerCertificateDays: Int? {
        guard let certificate = SSL_get0_peer_certificate(ssl) else { return nil }
        var (days, seconds): (CInt, CInt) = (0, 0)
        guard ASN1_TIME_diff(&days, &seconds, nil, X509_get0_notAfter(certificate)) == 1 else {
            return nil
        }
        return seconds < 0 ? Int(days) - 1 : Int(days)
    }

    /// What was agreed; nil before the handshake is over.
    package var agreement: TLSAgreement? {
        guard isEstablished else { return nil }
        var start: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &start, &count)
        let name = UnsafeBufferPointer(start: start, count: Int(count))
        let cipher = SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl))
        return TLSAgreement(
            version: String(cString: SSL_get_version(ssl)),
            cipher: cipher.map { String(cString: $0) } ?? "",
            applicationProtocol: String(decoding: name, as: UTF8.self))
    }
}

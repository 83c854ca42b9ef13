// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// What both sides have agreed to in a handshake; for people.
package struct TLSAgreement: Equatable, Sendable {
    /// Such as `TLSv1.3`.
    package let version: String
    /// OpenSSL's name of the cipher suite, such as `TLS_AES_128_GCM_SHA256`.
    package let cipher: String
    /// The protocol above, such as `h2`; empty when none was agreed.
    package let applicationProtocol: String
}

extension TLSSession {
    /// What was agreed; nil before the handshake is over.
    package var agreement: TLSAgreement? {
        guard isEstablished else { return nil }
        var start: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &start, &count)
        let name = UnsafeBufferPointer(start: start, count: Int(count))
        let cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(ssl))
        return TLSAgreement(
            version: String(cString: SSL_get_version(ssl)),
            cipher: cipher.map { String(cString: $0) } ?? "",
            applicationProtocol: String(decoding: name, as: UTF8.self))
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// By what a connection is secured; for programs.
package struct TLSSecurity: Equatable, Sendable {
    /// The standard's name of the cipher suite, such as `TLS_AES_128_GCM_SHA256`.
    package let cipher: String
    /// Our certificate in DER; empty when we showed none.
    package let ownCertificate: [UInt8]
    /// The peer's certificate in DER; empty when it showed none.
    package let peerCertificate: [UInt8]
}

extension TLSSession {
    /// The cipher and the certificates; nil before the handshake is over.
    package var security: TLSSecurity? {
        guard isEstablished, let cipher = SSL_get_current_cipher(ssl),
            let name = SSL_CIPHER_standard_name(cipher)
        else { return nil }
        return TLSSecurity(
            cipher: String(cString: name), ownCertificate: Self.encoded(SSL_get_certificate(ssl)),
            peerCertificate: Self.encoded(SSL_get0_peer_certificate(ssl)))
    }

    private static func encoded(_ certificate: OpaquePointer?) -> [UInt8] {
        guard let certificate else { return [] }
        let size = i2d_X509(certificate, nil)
        guard size > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
            // It moves the pointer that it is given.
            var place = buffer.baseAddress
            count = Int(max(0, i2d_X509(certificate, &place)))
        }
    }
}

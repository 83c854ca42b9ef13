// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// By what a connection is secured: what was agreed, and who showed what.
package struct TLSSecurity: Equatable, Sendable {
    package let agreement: TLSAgreement
    /// Our certificate in DER; empty when we showed none.
    package let ownCertificate: [UInt8]
    /// The peer's certificate in DER; empty when it showed none.
    package let peerCertificate: [UInt8]
}

extension TLSSession {
    /// What was agreed, and the certificates; nil before the handshake is over.
    package var security: TLSSecurity? {
        guard let agreement else { return nil }
        return TLSSecurity(
            agreement: agreement, ownCertificate: Self.encoded(SSL_get_certificate(ssl)),
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

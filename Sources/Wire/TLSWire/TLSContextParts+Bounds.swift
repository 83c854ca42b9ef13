// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// What a peer's bytes may cost: key exchanges that are cheap, chains and keys of a bounded size.
extension TLSContextParts {
    /// The groups of RFC 9325, 4.2, and their hybrid with ML-KEM where the library has it. The library's own list
    /// has finite fields up to ffdhe8192, whose exchange takes 190 ms of a server's time (CVE-2002-20001,
    /// CVE-2022-40735).
    ///
    /// `?` passes over what is unknown, `*` has the client send a share: from OpenSSL 3.5 on.
    private static let groups: [StaticString] = [
        "?*X25519MLKEM768:?*X25519:?P-256:?P-384", "X25519:P-256:P-384",
    ]

    /// Lets both sides use these groups and no others.
    func useGroups() throws(TLSCredentialsError) {
        for list in Self.groups where setList(SSL_CTRL_SET_GROUPS_LIST, list) { return }
        throw .refused(text: OpenSSL.errorText)
    }

    /// Lets a server choose what a handshake is cheapest with: AES-128 and SHA-256. With the library's own choice, AES-256 and
    /// SHA-384, a handshake of TLS 1.3 costs 4 % more, for keys that are derived by SHA-384.
    func preferCheapCiphers() {
        SSL_CTX_set_ciphersuites(
            context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256")
        // What HTTP/2 allows of TLS 1.2 (RFC 9113, 9.2.2).
        SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM+AES128:ECDHE+AESGCM:ECDHE+CHACHA20")
    }

    /// Bytes of the list of groups: clients have some ten, of two bytes each.
    private static let longestGroupList = 256

    /// Tickets in one ClientHello: clients show one.
    private static let mostTickets = 4

    /// Refuses a ClientHello with a long list of groups: the library goes through it for each key share, 3 ms for as
    /// many of both as fit into a hello. And one with many tickets, of which the library tries each.
    func boundHellos() {
        SSL_CTX_set_client_hello_cb(
            context,
            { ssl, alert, _ in
                guard let ssl else { return SSL_CLIENT_HELLO_ERROR }
                if TLSContextParts.field(TLSEXT_TYPE_supported_groups, of: ssl).count
                    <= TLSContextParts.longestGroupList,
                    TLSContextParts.hasFewTickets(TLSContextParts.field(TLSEXT_TYPE_psk, of: ssl))
                {
                    TLSSession.of(ssl)?.noteModes(
                        TLSContextParts.field(TLSEXT_TYPE_psk_kex_modes, of: ssl))
                    return SSL_CLIENT_HELLO_SUCCESS
                }
                alert?.pointee = CInt(TLSAlert.illegalParameter.rawValue)
                return SSL_CLIENT_HELLO_ERROR
            }, nil)
    }

    /// An extension of the ClientHello; empty when it has none of this kind.
    private static func field(_ kind: CInt, of ssl: OpaquePointer) -> UnsafeBufferPointer<UInt8> {
        var start: UnsafePointer<UInt8>?
        var count = 0
        let isThere = SSL_client_hello_get0_ext(ssl, UInt32(kind), &start, &count) == 1
        return UnsafeBufferPointer(start: isThere ? start : nil, count: isThere ? count : 0)
    }

    /// Counts the identities of a `pre_shared_key` (RFC 8446, 4.2.11); what is malformed is left to the library.
    static func hasFewTickets(_ field: UnsafeBufferPointer<UInt8>) -> Bool {
        let number: (Int) -> Int = { Int(field[$0]) << 8 | Int(field[$0 + 1]) }
        guard field.count >= 2 else { return true }
        let end = min(field.count, 2 + number(0))
        var place = 2
        for _ in 0..<mostTickets {
            guard place + 2 <= end else { return true }
            // Its length, itself, its age.
            place += 2 + number(place) + 4
        }
        return place >= end
    }

    /// With what a client may prove that it has its key: nothing of DSA, nothing that takes long to verify.
    private static let signatures: StaticString = """
        ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:\
        PSS+SHA256:PSS+SHA384:PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512
        """

    /// Bounds what a client's chain may cost before anything of it is verified.
    func boundClientChains() throws(TLSCredentialsError) {
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_CERT_LIST, PeerChain.mostBytes, nil)
        SSL_CTX_set_verify_depth(context, CInt(PeerChain.mostCertificates))
        guard setList(SSL_CTRL_SET_CLIENT_SIGALGS_LIST, Self.signatures) else {
            throw .refused(text: OpenSSL.errorText)
        }
        SSL_CTX_set_cert_verify_callback(
            context, { chain, _ in chain.map { TLSSession.verifyClient($0) } ?? 0 }, nil)
    }

    /// Tells the session of each record that comes.
    func countRecords() {
        SSL_CTX_set_msg_callback(context) { isOwn, _, content, _, _, ssl, _ in
            if isOwn == 0, content == SSL3_RT_HEADER, let ssl { TLSSession.recordBegan(ssl) }
        }
    }

    private func setList(_ command: CInt, _ list: StaticString) -> Bool {
        ERR_clear_error()
        return SSL_CTX_ctrl(context, command, 0, UnsafeMutableRawPointer(mutating: list.utf8Start))
            == 1
    }
}

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

    /// Bytes of the list of groups: clients have some ten, of two bytes each.
    private static let longestGroupList = 256

    /// Refuses a ClientHello with a long list of groups: the library goes through it for each key share, 3 ms for as
    /// many of both as fit into a hello.
    func boundHellos() {
        SSL_CTX_set_client_hello_cb(
            context,
            { ssl, alert, _ in
                var list: UnsafePointer<UInt8>?
                var count = 0
                let kind = UInt32(TLSEXT_TYPE_supported_groups)
                guard SSL_client_hello_get0_ext(ssl, kind, &list, &count) == 1,
                    count > TLSContextParts.longestGroupList
                else { return SSL_CLIENT_HELLO_SUCCESS }
                alert?.pointee = CInt(TLSAlert.illegalParameter.rawValue)
                return SSL_CLIENT_HELLO_ERROR
            }, nil)
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

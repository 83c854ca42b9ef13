// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import Text

/// A context under construction; frees its parts after an error.
struct TLSContextParts: ~Copyable {
    let context: OpaquePointer
    var lookup: OpaquePointer?
    /// The system has no file of certificates to trust, by the names that are known.
    var hasNoBundle = false
    /// Ownership has moved to the caller.
    var isTaken = false

    private init(_ context: OpaquePointer) { self.context = context }

    deinit {
        if isTaken { return }
        SSL_CTX_free(context)
        X509_LOOKUP_meth_free(lookup)
    }

    static func make(_ method: OpaquePointer?) throws(TLSCredentialsError) -> TLSContextParts {
        guard OpenSSL.initialise(), let context = SSL_CTX_new(method) else {
            throw .refused(text: OpenSSL.errorText)
        }
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        SSL_CTX_ctrl(context, SSL_CTRL_MODE, Int(SSL_MODE_RELEASE_BUFFERS), nil)
        let parts = TLSContextParts(context)
        try parts.useGroups()
        parts.countRecords()
        return parts
    }

    // MARK: Own certificate

    /// Shows this certificate chain to peers.
    mutating func use(_ identity: TLSIdentity) throws(TLSCredentialsError) {
        switch identity {
        case .files(let certificatePath, let keyPath):
            let certificateText = try CredentialFile.read(certificatePath)
            let keyText = try CredentialFile.read(keyPath)
            try useChain(TLSContextParts.certificates(in: certificateText))
            try useKey(text: keyText, path: keyPath)
        case .der(let certificates, let key):
            try useChain([certificates])
            try useKey(der: key)
        }
    }

    /// Uses DER texts of one or several certificates each.
    private func useChain(_ encoded: [[UInt8]]) throws(TLSCredentialsError) {
        let chain = Certificates(der: encoded.flatMap { $0 })
        guard chain.isWhole else { throw .certificateInvalid }
        for index in 0..<max(0, OPENSSL_sk_num(chain.stack)) {
            let certificate = OpaquePointer(OPENSSL_sk_value(chain.stack, index))
            // Both count a reference of their own.
            let isUsed =
                index == 0
                ? SSL_CTX_use_certificate(context, certificate) == 1
                : SSL_CTX_ctrl(
                    context, SSL_CTRL_CHAIN_CERT, 1, UnsafeMutableRawPointer(certificate)) == 1
            if !isUsed { throw .refused(text: OpenSSL.errorText) }
        }
        if OPENSSL_sk_num(chain.stack) <= 0 { throw .noCertificate }
    }

    private static func certificates(in text: [UInt8]) -> [[UInt8]] {
        text.withUnsafeBytes { bytes in
            var all: [[UInt8]] = []
            var reader = PEMReader(bytes)
            while let block = reader.next(labelled: "CERTIFICATE") {
                let body = UnsafeRawBufferPointer(rebasing: bytes[block.body])
                all.append(Base64.decodeBeginning(body))
            }
            return all
        }
    }

    private func useKey(text: [UInt8], path: String) throws(TLSCredentialsError) {
        if PEMReader.hasEncryptedKey(text) { throw .keyEncrypted(path: path) }
        let hasKey = text.withUnsafeBytes { bytes in
            var reader = PEMReader(bytes)
            return reader.next(
                labelled: "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY",
                "ENCRYPTED PRIVATE KEY") != nil
        }
        if !hasKey { throw .noKey }
        try useKey(TLSContextParts.parseKey(text))
    }

    private func useKey(der: [UInt8]) throws(TLSCredentialsError) {
        try useKey(
            der.withUnsafeBufferPointer { buffer in
                var position = buffer.baseAddress
                return d2i_AutoPrivateKey(nil, &position, buffer.count)
            })
    }

    private func useKey(_ key: OpaquePointer?) throws(TLSCredentialsError) {
        guard let key else {
            ERR_clear_error()
            throw .keyInvalid
        }
        defer { EVP_PKEY_free(key) }
        let certificate = SSL_CTX_get0_certificate(context)
        guard let publicKey = X509_get0_pubkey(certificate),
            EVP_PKEY_get_base_id(publicKey) == EVP_PKEY_get_base_id(key)
        else { throw .keyTypeMismatch }
        guard X509_check_private_key(certificate, key) == 1 else {
            ERR_clear_error()
            throw .keyMismatch
        }
        guard SSL_CTX_use_PrivateKey(context, key) == 1 else {
            throw .refused(text: OpenSSL.errorText)
        }
    }

    /// The subject of the own certificate when there is one, and no client may show it.
    var unfitForClients: String? {
        let certificate = SSL_CTX_get0_certificate(context)
        if certificate == nil || CertificatePurpose.isForClients(certificate) { return nil }
        return CertificateText.of(name: X509_get_subject_name(certificate))
    }

    /// When the own certificate expires, in seconds since 1970; nil when there is none.
    var certificateExpiry: Int? {
        SSL_CTX_get0_certificate(context).flatMap { CertificateDates.expiry(of: $0) }
    }

    private static func parseKey(_ text: [UInt8]) -> OpaquePointer? {
        text.withUnsafeBufferPointer { buffer in
            guard let source = BIO_new_mem_buf(buffer.baseAddress, CInt(clamping: buffer.count))
            else { return nil }
            defer { BIO_free(source) }
            // Without the callback OpenSSL would ask the terminal for a passphrase.
            return PEM_read_bio_PrivateKey(source, nil, { _, _, _, _ in -1 }, nil)
        }
    }

    // MARK: Trust

    private var store: OpaquePointer? { SSL_CTX_get_cert_store(context) }

    /// Trusts the certificates of a file; they are parsed when a chain asks for them.
    mutating func trust(path: String) throws(TLSCredentialsError) {
        let bundle = RootBundle(pem: try CredentialFile.read(path))
        guard let store, bundle.addFirst(to: store) else { throw .noRoots(path: path) }
        try attach(bundle)
    }

    /// Trusts the certificates of a file, all parsed now.
    mutating func trustAll(path: String) throws(TLSCredentialsError) {
        let bundle = RootBundle(pem: try CredentialFile.read(path))
        guard let store, bundle.addAll(to: store) > 0 else { throw .noRoots(path: path) }
    }

    /// Trusts what the system trusts.
    mutating func trustSystem() {
        let bundle = RootBundle(pem: SystemRoots.bundle ?? [])
        hasNoBundle = bundle.isEmpty
        if !bundle.isEmpty { try? attach(bundle) }
        for path in SystemRoots.folders { SSL_CTX_load_verify_dir(context, path) }
        if let store { SystemRoots.searchFolders(for: store) }
    }

    private mutating func attach(_ bundle: RootBundle) throws(TLSCredentialsError) {
        guard let store, let method = bundle.attach(to: store) else {
            throw .refused(text: OpenSSL.errorText)
        }
        lookup = method
    }

    /// Verifies the peer's chain as an X509-SVID; the session finds `trust` in its context.
    func verifyWorkload() {
        // An SVID need not say what it is for.
        X509_VERIFY_PARAM_set_purpose(SSL_CTX_get0_param(context), X509_PURPOSE_ANY)
        verifyPeer(SSL_VERIFY_PEER)
        SSL_CTX_set_cert_verify_callback(
            context, { chain, _ in chain.map { TLSSession.verifyWorkload($0) } ?? 0 }, nil)
    }

    /// Verifies the peer's chain.
    func verifyPeer(_ mode: CInt) {
        // Every certificate in the file is trusted, also an intermediate or the peer's own.
        X509_VERIFY_PARAM_set_flags(
            SSL_CTX_get0_param(context), UInt(X509_V_FLAG_PARTIAL_CHAIN))
        SSL_CTX_set_verify(context, mode) { isGood, chain in
            isGood == 0 ? chain.map { TLSSession.judge($0) } ?? 0 : isGood
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// Seals the sessions of a server into tickets, which clients keep and show when they come again (RFC 8446, 2.2;
/// RFC 5077). The server keeps nothing.
///
/// The keys belong to one ``TLSContext``: every thread that makes sessions of it opens its tickets, and those of certificates
/// and rules that were replaced open nowhere. A ticket says until when it may be used, which is fixed in the full handshake:
/// no longer than the lifetime, and not longer than any certificate that was verified. A clock that is put back prolongs only the
/// latter. No 0-RTT data is accepted.
///
/// Handshakes of several loops come here at once, hence the lock, which is held for some microseconds of a handshake. Numbers and
/// not pointers inside, as in ``TLSContext``.
final class SessionTickets: Sendable {
    private let keys: UInt
    private let lock: UInt
    private let cipher: UInt
    private let lifetime: Int
    private let certificateExpiry: Int?
    private let clocks: TicketClocks

    /// Tickets that are good for `lifetime` seconds; nil without memory.
    init?(lifetime: Int, certificateExpiry: Int?, clocks: TicketClocks) {
        let cipher = EVP_CIPHER_fetch(nil, "AES-256-CBC", nil)
        guard let lock = CRYPTO_THREAD_lock_new(), let cipher else {
            EVP_CIPHER_free(cipher)
            return nil
        }
        let keys = UnsafeMutablePointer<TicketKeys>.allocate(capacity: 1)
        keys.initialize(to: TicketKeys(interval: lifetime, at: clocks.elapsed()))
        self.keys = UInt(bitPattern: keys)
        self.lock = UInt(bitPattern: lock)
        self.cipher = UInt(bitPattern: cipher)
        self.lifetime = lifetime
        self.certificateExpiry = certificateExpiry
        self.clocks = clocks
    }

    deinit {
        keyStore.deinitialize(count: 1)
        keyStore.deallocate()
        CRYPTO_THREAD_lock_free(UnsafeMutableRawPointer(bitPattern: lock))
        EVP_CIPHER_free(OpaquePointer(bitPattern: cipher))
    }

    private var keyStore: UnsafeMutablePointer<TicketKeys> {
        UnsafeMutablePointer(bitPattern: keys).unsafelyUnwrapped
    }

    private func withKeys<Result>(_ body: (inout TicketKeys) -> Result) -> Result {
        let raw = UnsafeMutableRawPointer(bitPattern: lock)
        CRYPTO_THREAD_write_lock(raw)
        defer { CRYPTO_THREAD_unlock(raw) }
        return body(&keyStore.pointee)
    }

    // MARK: What the library asks (C: `SSL_CTX_set_tlsext_ticket_key_evp_cb`)

    /// What the library's ciphers are set up for.
    struct Operation {
        let name: UnsafeMutablePointer<UInt8>
        let initialisationVector: UnsafeMutablePointer<UInt8>
        let cipher: OpaquePointer
        let authentication: OpaquePointer
    }

    /// Prepares the sealing of a ticket; false when there can be none.
    func seal(_ operation: Operation) -> Bool {
        guard RAND_bytes(operation.initialisationVector, EVP_MAX_IV_LENGTH) == 1 else {
            return false
        }
        return withKeys { keys in
            keys.rotate(at: clocks.elapsed())
            guard let key = keys.current else { return false }
            UnsafeMutableRawBufferPointer(start: operation.name, count: key.name.count)
                .copyMemory(from: key.name)
            return EVP_EncryptInit_ex(
                operation.cipher, OpaquePointer(bitPattern: cipher), nil,
                key.cipher.assumingMemoryBound(to: UInt8.self).baseAddress,
                operation.initialisationVector) == 1
                && Self.authenticate(operation.authentication, with: key)
        }
    }

    /// Prepares the opening of a ticket; false when its key is not known (any more).
    func open(_ operation: Operation) -> Bool {
        withKeys { keys in
            keys.rotate(at: clocks.elapsed())
            let name = UnsafeRawBufferPointer(start: operation.name, count: 16)
            guard let key = keys.named(name) else { return false }
            return Self.authenticate(operation.authentication, with: key)
                && EVP_DecryptInit_ex(
                    operation.cipher, OpaquePointer(bitPattern: cipher), nil,
                    key.cipher.assumingMemoryBound(to: UInt8.self).baseAddress,
                    operation.initialisationVector) == 1
        }
    }

    private static func authenticate(_ context: OpaquePointer, with key: TicketKeys.Key) -> Bool {
        let digest: StaticString = "SHA256"
        let (keyName, digestName): (StaticString, StaticString) = ("key", "digest")
        let parameters = [
            OSSL_PARAM_construct_octet_string(
                pointer(keyName), key.authentication.baseAddress, key.authentication.count),
            OSSL_PARAM_construct_utf8_string(
                pointer(digestName), UnsafeMutablePointer(mutating: pointer(digest)), 0),
            OSSL_PARAM_construct_end(),
        ]
        return EVP_MAC_CTX_set_params(context, parameters) == 1
    }

    private static func pointer(_ text: StaticString) -> UnsafePointer<CChar> {
        UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
    }

    // MARK: How long a session lives

    /// Until when a session may be resumed. Only this process reads it again.
    private struct Expiry {
        /// By the clock of elapsed time.
        var lifetime: Int
        /// By the wall clock: the first certificate expires.
        var certificates = Int.max
    }

    /// Notes in a session that becomes a ticket until when it may be used, unless it came out of a ticket itself: a
    /// client proves again who it is, however often it resumes.
    func noteExpiry(of ssl: OpaquePointer) -> Bool {
        let session = SSL_get_session(ssl)
        if Self.expiry(of: session) != nil { return true }
        var expiry = Expiry(lifetime: clocks.elapsed() + lifetime)
        if let certificateExpiry { expiry.certificates = certificateExpiry }
        let chain = SSL_get0_verified_chain(ssl)
        for index in 0..<max(0, OPENSSL_sk_num(chain)) {
            let certificate = OpaquePointer(OPENSSL_sk_value(chain, index))
            let date = CertificateDates.expiry(of: certificate) ?? 0
            expiry.certificates = min(expiry.certificates, date)
        }
        return withUnsafeBytes(of: expiry) {
            SSL_SESSION_set1_ticket_appdata(session, $0.baseAddress, $0.count) == 1
        }
    }

    /// Whether a session out of a ticket may still be resumed.
    func isGood(_ session: OpaquePointer?) -> Bool {
        guard let expiry = Self.expiry(of: session) else { return false }
        return clocks.elapsed() < expiry.lifetime && clocks.wall() < expiry.certificates
    }

    private static func expiry(of session: OpaquePointer?) -> Expiry? {
        var start: UnsafeMutableRawPointer?
        var count = 0
        guard SSL_SESSION_get0_ticket_appdata(session, &start, &count) == 1,
            count == MemoryLayout<Expiry>.size, let start
        else { return nil }
        return start.loadUnaligned(as: Expiry.self)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import COpenSSL

/// TLS of one connection as a pure machine over memory BIOs: bytes of the peer in, bytes for the peer out,
/// plaintext on the other side. No socket, no clock of its own, never blocks. ALPN `h2` is required
/// unless the context says otherwise.
///
/// A class, because the verification callback has to find it. One thread at a time.
package final class TLSSession {
    let ssl: OpaquePointer
    // Owned by `ssl`.
    private let input: OpaquePointer
    private let output: OpaquePointer
    let context: TLSContext
    let wantedName: String
    /// A client of ours may speak HTTP/1.1 instead of HTTP/2, and may know nothing of ALPN.
    private let acceptsHTTP1: Bool
    private var isFirstByteSeen = false
    /// Why the peer's certificate was refused.
    var rejection: TLSFailure?
    /// Records of the peer that have begun since the latest data, or since the handshake.
    private var recordsInARow = 0
    /// Unrequested records without data since the latest data.
    private var idleRecords = 0
    /// A client of ours can resume sessions of TLS 1.3.
    private var resumesSessions = false
    /// The handshake is over, and the peer has agreed to `h2` where it has to.
    package private(set) var isEstablished = false
    /// The handshake is over, and both sides have agreed to `h2`.
    package private(set) var isHTTP2Agreed = false

    /// What one read came to.
    package enum Reading: Equatable, Sendable {
        /// This many bytes of plaintext.
        case bytes(Int)
        /// There is no more until the peer sends more.
        case needsInput
        /// The peer has said that it will send no more (close_notify).
        case closed
    }

    /// A client that verifies the server's certificate for `serverName`: a name, which is also sent (SNI), or an
    /// IP address, which is not (RFC 6066, 3).
    package static func client(
        _ context: TLSContext, serverName: String
    ) throws(TLSFailure) -> TLSSession {
        let session = try make(context, wantedName: serverName)
        SSL_set_connect_state(session.ssl)
        let parameters = SSL_get0_param(session.ssl)
        // Names are those of the SAN extension, never the common name (RFC 9525, 2).
        X509_VERIFY_PARAM_set_hostflags(
            parameters,
            UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        let name = normalised(serverName)
        if context.spiffe != nil {
            // A workload is identified by its ID, not by the host name.
            if !isNumericAddress(name), isPlain(name) { _ = session.sendServerName(name) }
            return session
        }
        let isUsable =
            isNumericAddress(name)
            ? X509_VERIFY_PARAM_set1_ip_asc(parameters, name) == 1
            : isPlain(name) && SSL_set1_host(session.ssl, name) == 1 && session.sendServerName(name)
        // Without a name any would do: never so by accident.
        if !isUsable { throw .protocolError(text: "the server name cannot be used") }
        return session
    }

    /// A server's side. With `acceptsHTTP1` a client may also speak HTTP/1.1.
    package static func server(
        _ context: TLSContext, acceptsHTTP1: Bool = false
    ) throws(TLSFailure) -> TLSSession {
        let session = try make(context, wantedName: "", acceptsHTTP1: acceptsHTTP1)
        SSL_set_accept_state(session.ssl)
        return session
    }

    private static func make(
        _ context: TLSContext, wantedName: String, acceptsHTTP1: Bool = false
    ) throws(TLSFailure) -> TLSSession {
        guard let ssl = SSL_new(context.raw) else {
            throw .protocolError(text: OpenSSL.errorText)
        }
        let pair = (input: BIO_new(BIO_s_mem()), output: BIO_new(BIO_s_mem()))
        guard let input = pair.input, let output = pair.output else {
            BIO_free(pair.input)
            BIO_free(pair.output)
            SSL_free(ssl)
            throw .protocolError(text: "out of memory")
        }
        SSL_set_bio(ssl, input, output)
        let session = TLSSession(
            ssl, input, output, context, wantedName: wantedName, acceptsHTTP1: acceptsHTTP1)
        SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(session).toOpaque())
        return session
    }

    private init(
        _ ssl: OpaquePointer, _ input: OpaquePointer, _ output: OpaquePointer,
        _ context: TLSContext, wantedName: String, acceptsHTTP1: Bool
    ) {
        self.ssl = ssl
        self.input = input
        self.output = output
        self.context = context
        self.wantedName = wantedName
        self.acceptsHTTP1 = acceptsHTTP1
    }

    deinit { SSL_free(ssl) }

    // MARK: Bytes of the peer

    /// Takes bytes from the peer; ``handshake()`` or ``read(into:)`` make something of them.
    package func receive(_ bytes: UnsafeRawBufferPointer) throws(TLSFailure) {
        guard let first = bytes.first else { return }
        if !isFirstByteSeen {
            isFirstByteSeen = true
            // A handshake record or an alert (RFC 8446, 5.1).
            if first != 0x16 && first != 0x15 {
                if context.isServer { sayVersionIsWrong() }
                throw .notTLS
            }
        }
        if Int(BIO_write(input, bytes.baseAddress, CInt(clamping: bytes.count))) != bytes.count {
            throw .protocolError(text: "out of memory")
        }
    }

    /// A fatal alert protocol_version, by which a client that speaks plaintext can tell what it has met.
    private func sayVersionIsWrong() {
        let alert: [UInt8] = [0x15, 0x03, 0x01, 0, 2, 2, TLSAlert.protocolVersion.rawValue]
        BIO_write(output, alert, CInt(alert.count))
    }

    /// Bytes that wait to be sent to the peer.
    package var pendingOutput: Int { BIO_ctrl_pending(output) }

    /// Takes bytes for the peer; how many.
    package func takeOutput(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        max(0, Int(BIO_read(output, buffer.baseAddress, CInt(clamping: buffer.count))))
    }

    // MARK: Handshake

    /// Goes on with the handshake as far as what has come allows; true when it is over.
    package func handshake() throws(TLSFailure) -> Bool {
        if isEstablished { return true }
        OpenSSL.clearErrors()
        let result = SSL_do_handshake(ssl)
        if result != 1 {
            guard SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ else { throw failure() }
            try checkRecords()
            return false
        }
        isHTTP2Agreed = isHTTP2Selected
        if context.applicationProtocol == .http2, !isHTTP2Agreed, !acceptsHTTP1 { throw .noHTTP2 }
        isEstablished = true
        recordsInARow = 0
        return true
    }

    /// Notes by the `psk_key_exchange_modes` of a ClientHello whether the client can resume a session with a new key
    /// exchange: what is secret stays so when a ticket's key is lost.
    func noteModes(_ field: UnsafeBufferPointer<UInt8>) {
        let pskWithKeyExchange: UInt8 = 1
        resumesSessions = field.dropFirst().contains(pskWithKeyExchange)
    }

    /// The handshake took up an earlier session: no certificate was shown or verified.
    package var isResumed: Bool { SSL_session_reused(ssl) == 1 }

    /// Has the next bytes that are written bring a ticket to a client of TLS 1.3 that can resume sessions. With TLS 1.2 a
    /// client that asks for a ticket has it since the handshake.
    package func offerTicket() {
        guard isEstablished, resumesSessions, context.tickets != nil else { return }
        OpenSSL.clearErrors()
        // Refused for TLS 1.2.
        SSL_new_session_ticket(ssl)
    }

    private var isHTTP2Selected: Bool {
        var name: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &name, &length)
        guard length == 2, let name else { return false }
        return name[0] == UInt8(ascii: "h") && name[1] == UInt8(ascii: "2")
    }

    // MARK: Plaintext

    /// Takes plaintext that the peer has sent, a record at most.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(TLSFailure) -> Reading {
        OpenSSL.clearErrors()
        let count = SSL_read(ssl, buffer.baseAddress, CInt(clamping: buffer.count))
        if count > 0 {
            idleRecords += max(0, recordsInARow - 1)
            recordsInARow = 0
            return .bytes(Int(count))
        }
        switch SSL_get_error(ssl, count) {
        case SSL_ERROR_WANT_READ:
            try checkRecords()
            return .needsInput
        case SSL_ERROR_ZERO_RETURN: return .closed
        default: throw failure()
        }
    }

    /// Bytes of the peer wait to be read, at least a part of a record. To find by a read that there are none is a twentieth of a
    /// Check.
    package var hasInput: Bool { BIO_ctrl_pending(input) > 0 || SSL_has_pending(ssl) == 1 }

    /// A peer needs two or three of them in a row, or some 35 for a chain in records of 512 bytes (RFC 8449).
    private static let mostRecordsInARow = 64

    /// Ends a flood of records without data (KeyUpdate, alerts, requests for a new handshake): each costs some 14 us
    /// and nothing above sees it.
    private func checkRecords() throws(TLSFailure) {
        if recordsInARow > Self.mostRecordsInARow { throw .tooManyRecords }
    }

    /// Called by the library when a record of the peer begins.
    static func recordBegan(_ ssl: OpaquePointer) { of(ssl)?.recordsInARow += 1 }

    /// What the session of `ssl` accepts; for the library's question.
    static func acceptsHTTP1(_ ssl: OpaquePointer) -> Bool { of(ssl)?.acceptsHTTP1 ?? false }

    /// Records without data since the latest question.
    package func takeIdleRecords() -> Int {
        defer { idleRecords = 0 }
        return idleRecords
    }

    /// Encrypts plaintext for the peer, all of it.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(TLSFailure) {
        var rest = bytes
        while rest.count > 0 {
            OpenSSL.clearErrors()
            let count = SSL_write(ssl, rest.baseAddress, CInt(clamping: rest.count))
            if count <= 0 { throw failure() }
            rest = UnsafeRawBufferPointer(rebasing: rest[Int(count)...])
        }
    }

    /// Says that no more will be written (close_notify); the bytes for it wait to be sent.
    package func close() {
        guard isEstablished else { return }
        OpenSSL.clearErrors()
        SSL_shutdown(ssl)
    }
}

extension TLSSession {
    /// Without the brackets of an IPv6 address, and without the dot of an absolute name; IPv4 in the form of IPv6
    /// (`::ffff:192.0.2.1`) is IPv4.
    static func normalised(_ name: String) -> String {
        var bytes = Array(name.utf8)
        if bytes.first == UInt8(ascii: "["), bytes.last == UInt8(ascii: "]") {
            bytes = Array(bytes.dropFirst().dropLast())
        }
        if bytes.last == UInt8(ascii: ".") { bytes.removeLast() }
        // An IPv6 zone is this machine's own affair: no certificate has one.
        if bytes.contains(UInt8(ascii: ":")) {
            bytes = Array(bytes.prefix { $0 != UInt8(ascii: "%") })
        }
        let text = String(decoding: bytes, as: UTF8.self)
        return mappedAddress(text) ?? text
    }

    private static func mappedAddress(_ text: String) -> String? {
        var place = in6_addr()
        guard text.withCString({ inet_pton(AF_INET6, $0, &place) }) == 1 else { return nil }
        return withUnsafeBytes(of: place) { bytes in
            let isMapped =
                bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
            return isMapped ? "\(bytes[12]).\(bytes[13]).\(bytes[14]).\(bytes[15])" : nil
        }
    }

    /// What C and OpenSSL take as it stands: no NUL, and no dot in front, which would mean any subdomain.
    private static func isPlain(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        return !bytes.isEmpty && bytes[0] != UInt8(ascii: ".") && !bytes.contains(0)
    }

    static func isNumericAddress(_ text: String) -> Bool {
        var place = in6_addr()
        return text.withCString {
            inet_pton(AF_INET, $0, &place) == 1 || inet_pton(AF_INET6, $0, &place) == 1
        }
    }

    private func sendServerName(_ name: String) -> Bool {
        name.withCString {
            SSL_ctrl(
                ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name),
                UnsafeMutableRawPointer(mutating: $0)) == 1
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// Resumption of sessions by tickets (``SessionTickets``).
extension TLSContextParts {
    /// Lets clients resume sessions of `lifetime` seconds at most; the session finds its `SessionTickets` in its context.
    func acceptTickets(lifetime: Int) {
        // What the library tells clients of how long a ticket is worth keeping.
        SSL_CTX_set_timeout(context, lifetime)
        // A name that sessions of another context do not have; without one, none is resumed where clients show certificates.
        var name: (UInt64, UInt64) = (0, 0)
        withUnsafeMutableBytes(of: &name) { bytes in
            let start = bytes.assumingMemoryBound(to: UInt8.self).baseAddress
            RAND_bytes(start, CInt(bytes.count))
            SSL_CTX_set_session_id_context(context, start, UInt32(bytes.count))
        }
        SSL_CTX_set_tlsext_ticket_key_evp_cb(context) {
            ssl, name, initialisationVector, cipher, authentication, isSealing in
            guard let ssl, let name, let initialisationVector, let cipher, let authentication,
                let tickets = TLSSession.of(ssl)?.context.tickets
            else { return 0 }
            let operation = SessionTickets.Operation(
                name: name, initialisationVector: initialisationVector, cipher: cipher,
                authentication: authentication)
            return (isSealing == 1 ? tickets.seal(operation) : tickets.open(operation)) ? 1 : 0
        }
        SSL_CTX_set_session_ticket_cb(
            context,
            { ssl, _ in
                guard let ssl, let tickets = TLSSession.of(ssl)?.context.tickets else { return 0 }
                return tickets.noteExpiry(of: ssl) ? 1 : 0
            },
            { ssl, session, _, _, status, _ in
                guard status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW else {
                    return SSL_TICKET_RETURN_IGNORE_RENEW
                }
                let tickets = ssl.flatMap { TLSSession.of($0)?.context.tickets }
                return tickets?.isGood(session) == true
                    ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_IGNORE_RENEW
            }, nil)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
// By what it has in place of OpenSSL's provider in the static binaries.
import CSlim

/// What all of TLSWire asks of the library as a whole.
enum OpenSSL {
    /// Sets the library up, once; nothing of it has run before. No configuration file of the machine is read:
    /// it costs time, and is for other programs.
    static func initialise() -> Bool {
        OPENSSL_init_ssl(
            UInt64(OPENSSL_INIT_NO_LOAD_CONFIG) | UInt64(OPENSSL_INIT_NO_ATEXIT), nil) == 1
    }

    /// Forgets what earlier calls on this thread have left, by which a later one would be judged. That walks through all sixteen
    /// places for errors: without a look whether there is one it was a fifteenth of a Check.
    static func clearErrors() {
        if ERR_peek_error() != 0 { ERR_clear_error() }
    }

    /// What the library says of its latest failure on this thread.
    static var errorText: String {
        guard let text = ERR_reason_error_string(ERR_peek_last_error()) else {
            return "unknown error"
        }
        return String(cString: text)
    }
}

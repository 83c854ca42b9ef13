// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import StatusBoard
import Text

/// What a check of PostgreSQL asks for.
struct PostgresPlan: Sendable {
    /// Whether the connection is in TLS, as libpq calls it.
    enum TLSMode: String, CaseIterable, Sendable {
        case disable
        /// TLS where the server has it, without verification.
        case prefer
        /// TLS, without verification unless there is a CA.
        case require
        /// TLS with verification of the chain and the name.
        case verifyFull = "verify-full"
    }

    var user = "postgres"
    /// Nil for none.
    var password: String?
    var database = "postgres"
    var query = "SELECT 1"
    /// A first value that the query has to return; nil for any.
    var expected: String?
    var tlsMode = TLSMode.prefer
    /// A query that takes longer is degraded.
    var slowAfter = Duration.seconds(1)
}

/// What an error of PostgreSQL means.
struct PostgresError {
    let state: Outcome.State
    let cause: String
    /// The server refuses the user, the password or the database: to ask again soon would only fill its log.
    let isRefusal: Bool

    /// `code` is an SQLSTATE (PostgreSQL, appendix A); `text` the server's own words.
    init(_ code: String, _ text: String) {
        let shown = PrintableText.escaped(PrintableText.prefix(of: text, bytes: 200), limit: 300)
        isRefusal = ["28P01", "28000", "3D000", "42501"].contains(code)
        (state, cause) =
            switch code {
            case "57P03": (.unhealthy, "it is starting, or recovering: \(shown)")
            case "53300": (.degraded, "pool exhausted: it has no connection left (max_connections)")
            case "57P01", "57P02": (.unhealthy, "it is shutting down")
            case "28P01": (.unhealthy, "it refuses the password")
            case "28000": (.unhealthy, "it refuses the user or the host: see pg_hba.conf")
            case "3D000": (.unhealthy, "it has no such database")
            case "42501": (.unhealthy, "the user may not run the query: grant the right")
            case "57014": (.unhealthy, "the query was cancelled by the server (statement_timeout)")
            case "55P03": (.unhealthy, "the query waits for a lock (lock_timeout)")
            default: (.unhealthy, "it answers with the error \(code): \(shown)")
            }
    }
}

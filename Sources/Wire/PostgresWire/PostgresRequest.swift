// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Digests

/// Writes the messages of a client (protocol 3.0).
package enum PostgresRequest {
    /// Asks for TLS; the answer is one byte, `S` or `N`.
    package static let tls: [UInt8] = int32(8) + int32(80_877_103)

    /// Says goodbye.
    package static let terminate = message("X", [])

    /// Begins a session. Names have no zero byte in them.
    package static func startup(user: String, database: String) -> [UInt8] {
        var body = int32(196_608)
        for text in ["user", user, "database", database, "application_name", "vitals"] {
            body += terminated(text)
        }
        body.append(0)
        return int32(body.count + 4) + body
    }

    /// Answers a demand for a password, or for its digest.
    package static func password(_ text: String) -> [UInt8] { message("p", terminated(text)) }

    /// Begins SASL.
    package static func sasl(mechanism: String, _ data: [UInt8]) -> [UInt8] {
        message("p", terminated(mechanism) + int32(data.count) + data)
    }

    /// Goes on with SASL.
    package static func sasl(_ data: [UInt8]) -> [UInt8] { message("p", data) }

    /// A query.
    package static func query(_ text: String) -> [UInt8] { message("Q", terminated(text)) }

    private static func message(_ kind: Character, _ body: [UInt8]) -> [UInt8] {
        [kind.asciiValue ?? 0] + int32(body.count + 4) + body
    }

    private static func terminated(_ text: String) -> [UInt8] { text.utf8.filter { $0 != 0 } + [0] }

    private static func int32(_ number: Int) -> [UInt8] {
        let value = UInt32(truncatingIfNeeded: number)
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}

extension PostgresRequest {
    /// Answers a demand for a digest of the password.
    package static func md5(user: String, password: String, salt: [UInt8]) -> [UInt8] {
        self.password(md5Text(user: user, password: password, salt: salt))
    }

    /// `md5` and the digest of the digest of password and user, and the salt.
    static func md5Text(user: String, password: String, salt: [UInt8]) -> String {
        let inner = Digest.hex(Digest.md5(Array((password + user).utf8)))
        return "md5" + Digest.hex(Digest.md5(Array(inner.utf8) + salt))
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Digests
import Text

/// The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding: proves that it knows the password, and
/// has the server prove the same.
package struct SCRAM: Sendable {
    /// As SASL calls it.
    package static let mechanism = "SCRAM-SHA-256"
    /// More iterations would let a server use up a loop's time; PostgreSQL's default is 4096.
    package static let maxIterations = 50_000

    private let password: [UInt8]
    private let nonce: String
    private var serverSignature: [UInt8] = []

    /// Why the server's messages are refused.
    package enum Fault: Error, Equatable {
        /// They are no SCRAM.
        case malformed
        /// It wants more iterations than are done here.
        case tooManyIterations
        /// It does not know the password either.
        case serverNotProved

        /// What is wrong.
        package var text: String {
            switch self {
            case .malformed: "its SCRAM message is malformed"
            case .tooManyIterations:
                "its password has more than \(SCRAM.maxIterations) SCRAM iterations"
            case .serverNotProved:
                "it does not prove that it knows the password: another server answers there"
            }
        }
    }

    /// An exchange; `nonce` is random text, without commas.
    package init(password: String, nonce: String) {
        self.password = Array(password.utf8)
        self.nonce = nonce
    }

    /// The first message. PostgreSQL takes the user from the start of the session.
    package var first: [UInt8] { Array("n,,\(bare)".utf8) }

    private var bare: String { "n=,r=\(nonce)" }

    /// The answer to the server's first message.
    package mutating func answer(_ message: [UInt8]) throws(Fault) -> [UInt8] {
        let text = String(decoding: message, as: UTF8.self)
        let fields = Self.fields(text)
        guard let both = fields["r"], both.hasPrefix(nonce), both.utf8.count > nonce.utf8.count,
            let salt = fields["s"].flatMap(Self.base64), !salt.isEmpty,
            let iterations = fields["i"].flatMap({ Int($0) }), iterations > 0
        else { throw .malformed }
        guard iterations <= Self.maxIterations else { throw .tooManyIterations }
        let salted = Digest.pbkdf2(password, salt: salt, iterations: iterations)
        let withoutProof = "c=biws,r=\(both)"
        let all = Array("\(bare),\(text),\(withoutProof)".utf8)
        let clientKey = Digest.hmac(salted, Array("Client Key".utf8))
        let signature = Digest.hmac(Digest.sha256(clientKey), all)
        let proof = zip(clientKey, signature).map { $0 ^ $1 }
        serverSignature = Digest.hmac(Digest.hmac(salted, Array("Server Key".utf8)), all)
        return Array("\(withoutProof),p=\(Base64.encodePadded(proof))".utf8)
    }

    /// Throws when the server's last message does not prove that it knows the password.
    package func verify(_ message: [UInt8]) throws(Fault) {
        let signature = Self.fields(String(decoding: message, as: UTF8.self))["v"].flatMap(
            Self.base64)
        guard !serverSignature.isEmpty, signature == serverSignature else { throw .serverNotProved }
    }

    private static func fields(_ text: String) -> [String: String] {
        var fields: [String: String] = [:]
        for part in text.utf8.split(separator: UInt8(ascii: ",")) {
            let pair = part.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { continue }
            fields[String(Substring(pair[0]))] = String(Substring(pair[1]))
        }
        return fields
    }

    private static func base64(_ text: String) -> [UInt8]? {
        Array(text.utf8).withUnsafeBytes { Base64.decode($0) }
    }
}

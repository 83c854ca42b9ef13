// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Digests
import Text

/// Proves to a server who asks: by Digest (RFC 7616; MD5 or SHA-256, `qop=auth` or none), else by Basic (RFC 7617).
package struct RTSPAuthenticator: Sendable {
    /// What to do after a challenge.
    package enum Answer: Equatable {
        /// Send the request again, with what ``authorization(_:_:)`` says.
        case retry
        /// It wants to know who asks, and no user was given.
        case wantsCredentials
        /// It does not take the user or the password.
        case refused
        /// It knows only ways that are not known here.
        case unknownScheme
    }

    private enum Way: Int {
        case basic, md5, sha256
    }

    private let credentials: (user: String, password: String)?
    private let clientNonce: String
    private var way: Way?
    private var parameters: [String: String] = [:]
    private var nonceCount: UInt32 = 0
    private var attempts = 0

    /// Challenges in a row, with stale nonces among them.
    static let maxAttempts = 3

    /// For a user; nil when none was given. `clientNonce` is random text without quotes.
    package init(_ credentials: (user: String, password: String)?, clientNonce: String) {
        self.credentials = credentials
        self.clientNonce = clientNonce
    }

    /// A request was refused with these fields of `WWW-Authenticate`.
    package mutating func challenged(_ fields: [String]) -> Answer {
        let ways = fields.flatMap(AuthenticationChallenge.all).compactMap { challenge in
            Self.way(challenge).map { (way: $0, challenge: challenge) }
        }
        guard let best = ways.max(by: { $0.way.rawValue < $1.way.rawValue }) else {
            return .unknownScheme
        }
        guard credentials != nil else { return .wantsCredentials }
        let parameters = best.challenge.parameters
        let isStale = best.way != .basic && parameters["stale"]?.lowercased() == "true"
        guard attempts == 0 || isStale && attempts < Self.maxAttempts else { return .refused }
        attempts += 1
        way = best.way
        self.parameters = parameters
        nonceCount = 0
        return .retry
    }

    /// A request was not refused.
    package mutating func accepted() { attempts = 0 }

    /// The value of `Authorization` for a request; nil while none was asked for.
    package mutating func authorization(_ method: RTSPMethod, _ url: String) -> String? {
        guard let credentials, let way else { return nil }
        let (user, password) = credentials
        guard way != .basic else {
            return "Basic " + Base64.encodePadded(Array("\(user):\(password)".utf8))
        }
        let realm = parameters["realm"] ?? ""
        let nonce = parameters["nonce"] ?? ""
        let known = Self.hash("\(user):\(realm):\(password)", way)
        let asked = Self.hash("\(method.rawValue):\(url)", way)
        var fields = [
            "username=\(Self.quoted(user))", "realm=\(Self.quoted(realm))",
            "nonce=\(Self.quoted(nonce))", "uri=\(Self.quoted(url))",
        ]
        if parameters["qop"] == nil {
            fields.append("response=\"\(Self.hash("\(known):\(nonce):\(asked)", way))\"")
        } else {
            nonceCount &+= 1
            let count = String(hex: nonceCount, digits: 8)
            let proof = Self.hash("\(known):\(nonce):\(count):\(clientNonce):auth:\(asked)", way)
            fields += [
                "response=\"\(proof)\"", "qop=auth", "nc=\(count)", "cnonce=\"\(clientNonce)\"",
            ]
        }
        if let name = parameters["algorithm"] { fields.append("algorithm=\(name)") }
        if let opaque = parameters["opaque"] { fields.append("opaque=\(Self.quoted(opaque))") }
        return "Digest " + fields.joined(separator: ", ")
    }

    private static func way(_ challenge: AuthenticationChallenge) -> Way? {
        if challenge.scheme == "basic" { return .basic }
        guard challenge.scheme == "digest", challenge.parameters["nonce"] != nil else { return nil }
        if let qop = challenge.parameters["qop"] {
            let words = qop.utf8.split(whereSeparator: { $0 == UInt8(ascii: ",") || $0.isBlank })
            guard words.contains(where: { String(Substring($0)).lowercased() == "auth" }) else {
                return nil
            }
        }
        switch challenge.parameters["algorithm"]?.lowercased() {
        case nil, "md5": return .md5
        case "sha-256": return .sha256
        default: return nil
        }
    }

    private static func hash(_ text: String, _ way: Way) -> String {
        let bytes = Array(text.utf8)
        return Digest.hex(way == .sha256 ? Digest.sha256(bytes) : Digest.md5(bytes))
    }

    private static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = [UInt8(ascii: "\"")]
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                bytes.append(UInt8(ascii: "\\"))
            }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
        return String(decoding: bytes, as: UTF8.self)
    }
}

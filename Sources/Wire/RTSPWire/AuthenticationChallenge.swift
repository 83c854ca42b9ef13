// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// A way in which a server wants to know who asks (RFC 7235, 2.1): `Digest realm="camera", nonce="..."`.
struct AuthenticationChallenge: Equatable, Sendable {
    /// In lower case.
    let scheme: String
    /// By names in lower case.
    private(set) var parameters: [String: String] = [:]

    /// All challenges of a field.
    static func all(in field: String) -> [AuthenticationChallenge] {
        var challenges: [AuthenticationChallenge] = []
        var rest = Array(field.utf8)[...]
        while true {
            rest = rest.drop { $0.isBlank || $0 == UInt8(ascii: ",") }
            let word = takeToken(&rest)
            if word.isEmpty { return challenges }
            rest = rest.drop { $0.isBlank }
            if rest.first == UInt8(ascii: "="), !challenges.isEmpty {
                rest = rest.dropFirst().drop { $0.isBlank }
                challenges[challenges.count - 1].parameters[word] = takeValue(&rest)
            } else {
                challenges.append(AuthenticationChallenge(scheme: word))
            }
        }
    }

    private static func takeToken(_ rest: inout ArraySlice<UInt8>) -> String {
        let token = rest.prefix {
            !$0.isBlank && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "=")
        }
        rest = rest[token.endIndex...]
        return String(decoding: token.map(\.lowercased), as: UTF8.self)
    }

    private static func takeValue(_ rest: inout ArraySlice<UInt8>) -> String {
        guard rest.first == UInt8(ascii: "\"") else {
            let value = rest.prefix { !$0.isBlank && $0 != UInt8(ascii: ",") }
            rest = rest[value.endIndex...]
            return String(decoding: value, as: UTF8.self)
        }
        rest = rest.dropFirst()
        var value: [UInt8] = []
        while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() {
                value.append(escaped)
            } else {
                value.append(byte)
            }
        }
        return String(decoding: value, as: UTF8.self)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// What a client shows to be let in: `authorization: Bearer TOKEN` (RFC 6750, 2.1).
package enum BearerToken {
    /// The token of a request; nil without one.
    package static func read(_ request: HTTPRequest) -> String? {
        guard let field = request["authorization"] else { return nil }
        let parts = field.utf8.split(separator: 0x20, maxSplits: 1)
        guard parts.count == 2,
            parts[0].elementsEqual("bearer".utf8, by: { $0.lowercased == $1 })
        else { return nil }
        return String(decoding: Array(parts[1].drop { $0 == 0x20 }), as: UTF8.self)
    }

    /// Whether two tokens are the same; takes as long wherever they differ.
    package static func isSame(_ left: String, _ right: String) -> Bool {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

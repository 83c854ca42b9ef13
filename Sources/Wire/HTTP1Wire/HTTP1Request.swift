// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// A complete request.
package struct HTTP1Request: Sendable {
    /// The methods that are told apart.
    package enum Method: Sendable {
        case get, head, post, put, delete
        /// A known one that nothing is served for.
        case other
    }

    package let method: Method
    /// The path as it was sent: nothing is decoded.
    package let path: String
    /// What follows the path's `?`; nil when there is none.
    package let query: String?
    package let fields: HTTP1Fields
    package internal(set) var body: [UInt8] = []
    /// The client wants the connection to stay open.
    package let keepsConnection: Bool
    /// The client speaks HTTP/1.0: it knows no chunks.
    package let isHTTP10: Bool
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// A complete request.
public struct HTTP1Request: Sendable {
    /// The methods that are served.
    public enum Method: Sendable { case get, head, post }

    public let method: Method
    /// The path as it was sent: nothing is decoded.
    public let path: String
    /// What follows the path's `?`; nil when there is none.
    public let query: String?
    public let fields: HTTP1Fields
    public internal(set) var body: [UInt8] = []
    /// The client wants the connection to stay open.
    public let keepsConnection: Bool
    let isHTTP10: Bool
}

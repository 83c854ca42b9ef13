// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import HTTP1Wire
package import SystemIO

/// A complete request of HTTP, of any version.
package struct HTTPRequest: Sendable {
    /// The methods that are served. HEAD is answered as GET, without the body.
    package enum Method: Sendable {
        case get, head, post, put, delete
        /// Another one: no handler gets it.
        case other
    }

    /// Where a request comes from.
    package enum Origin: Sendable {
        /// From this machine: a loopback address or a Unix socket. Behind a proxy on this machine every client is.
        case local
        /// From elsewhere.
        case remote
    }

    package let method: Method
    /// The path as it was sent: nothing is decoded.
    package let path: String
    /// What follows the path's `?`, as it was sent; nil when there is none.
    package let query: String?
    private let headerFields: HTTP1Fields
    package let body: [UInt8]
    package let origin: Origin
    /// What shares of a resource are given to; nil when it is not known.
    package let network: PeerAddress.Network?

    /// A request as it came.
    package init(
        _ method: Method, _ path: String, query: String?, fields: HTTP1Fields, body: [UInt8],
        from origin: Origin, network: PeerAddress.Network? = nil
    ) {
        self.network = network
        self.method = method
        self.path = path
        self.query = query
        self.headerFields = fields
        self.body = body
        self.origin = origin
    }

    /// A request with these fields; names in lower case.
    package init(
        _ method: Method, _ path: String, query: String? = nil,
        fields: [(name: String, value: String)] = [], body: [UInt8] = [],
        from origin: Origin = .remote, network: PeerAddress.Network? = nil
    ) {
        var headerFields = HTTP1Fields()
        for (name, value) in fields {
            Array(name.utf8).withUnsafeBytes { name in
                Array(value.utf8).withUnsafeBytes { headerFields.add(name: name, value: $0) }
            }
        }
        self.init(
            method, path, query: query, fields: headerFields, body: body, from: origin,
            network: network)
    }

    /// The header fields in their order; names in lower case.
    package var fields: [(name: String, value: String)] { headerFields.all }

    /// The value of a field, several of one name joined by a comma (RFC 9110, 5.3); nil when there is none. `name` is in
    /// lower case.
    package subscript(name: String) -> String? {
        let values = headerFields.texts(of: name)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }
}

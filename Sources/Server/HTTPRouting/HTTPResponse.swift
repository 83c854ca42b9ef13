// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import HTTP1Wire

/// What a request is answered with. The server adds `content-length`, `date` and what its version of HTTP needs.
package struct HTTPResponse: Sendable {
    package var status: HTTP1Status
    /// Header fields; names in lower case. A value with a control character is left out by the server: it would end a line.
    package var fields: [(name: StaticString, value: String)]
    package var body: [UInt8]

    /// A response with a body.
    package init(
        _ status: HTTP1Status, contentType: String, body: [UInt8],
        fields: [(name: StaticString, value: String)] = []
    ) {
        self.status = status
        self.fields = [("content-type", contentType)] + fields
        self.body = body
    }

    /// A response without a body, such as 304.
    package init(_ status: HTTP1Status, fields: [(name: StaticString, value: String)] = []) {
        self.status = status
        self.fields = fields
        self.body = []
    }
}

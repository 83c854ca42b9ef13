// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// An answer of the server.
///
/// Everything in its head is a constant of the program: nothing that came from a peer can end a line there.
package struct HTTP1Response: Sendable {
    package var status: HTTP1Status
    package var contentType: StaticString
    package var body: [UInt8]
    /// Other fields; names in lower case.
    package var fields: [(name: StaticString, value: StaticString)] = []

    /// Tells a client that waits with its body to send it.
    package static let interim = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    /// An answer with a body.
    package init(_ status: HTTP1Status, contentType: StaticString, body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    /// One line of text.
    package init(_ status: HTTP1Status, text: StaticString) {
        var line: [UInt8] = []
        line.append(text)
        line.append(UInt8(ascii: "\n"))
        self.init(status, contentType: "text/plain; charset=utf-8", body: line)
    }

    /// The bytes for the client that sent `request`. With `closing` the connection ends after them, even if the
    /// client would keep it.
    package func encoded(for request: HTTP1Request, closing: Bool = false) -> [UInt8] {
        encoded(
            isHead: request.method == .head, isHTTP10: request.isHTTP10,
            keepsConnection: request.keepsConnection && !closing)
    }

    /// The bytes for a client whose request did not come whole; the connection ends after them.
    package var encodedWithoutRequest: [UInt8] {
        encoded(isHead: false, isHTTP10: false, keepsConnection: false)
    }

    func encoded(isHead: Bool, isHTTP10: Bool, keepsConnection: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256 + body.count)
        bytes.append("HTTP/1.1 ")
        bytes.append(number: status.rawValue)
        bytes.append(" ")
        bytes.append(status.reason)
        for field in [("content-type", contentType)] + fields {
            bytes.append("\r\n")
            bytes.append(field.0)
            bytes.append(": ")
            bytes.append(field.1)
        }
        // Without a body there is nothing to count (RFC 9110, 8.6).
        if status != .noContent {
            bytes.append("\r\ncontent-length: ")
            bytes.append(number: body.count)
        }
        if !keepsConnection {
            bytes.append("\r\nconnection: close")
        } else if isHTTP10 {
            bytes.append("\r\nconnection: keep-alive")
        }
        bytes.append("\r\n\r\n")
        if !isHead, status != .noContent { bytes.append(contentsOf: body) }
        return bytes
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import HTTP2Wire

/// The server takes no more calls on this connection (RFC 9113, 6.8).
package struct GoAway: Equatable, Sendable {
    /// Why.
    package let code: HTTP2ErrorCode
    /// The server's own text, 512 bytes at most.
    package let text: String

    /// A GOAWAY with this code and text.
    package init(code: HTTP2ErrorCode, text: String) {
        self.code = code
        self.text = text
    }
}

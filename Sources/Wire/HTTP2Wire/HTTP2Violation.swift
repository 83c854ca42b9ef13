// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What the peer did to a connection that it had to be ended for.
package struct HTTP2Violation: Equatable, Sendable {
    /// The code of our GOAWAY.
    package let code: HTTP2ErrorCode
    /// The rule that was broken, in the words of our GOAWAY.
    package let text: String
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How large the parts of a message may be, in bytes.
package struct HTTP1Limits: Sendable {
    /// The first line, without its end.
    package var startLine = 4 << 10
    /// The first line and all fields, and the trailers once more.
    package var head = 16 << 10
    /// The number of fields.
    package var fields = 64
    /// The body, without its chunks' sizes.
    package var body = 64 << 10

    /// A line with a chunk's size.
    static let chunkLine = 256
    /// All chunk extensions of a message: they mean nothing here, and must not cost much.
    static let chunkExtensions = 4 << 10
    /// Responses before the one that counts.
    static let interimResponses = 8

    /// Those of a server.
    package init() {}
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire

@testable import HTTP2Wire

/// Lends a header block of these fields, as if they had been received.
func withBlock<Result>(
    _ fields: [(String, String)], maxSize: Int = .max, _ body: (HeaderBlock) -> Result
) -> Result {
    let batch = HTTP2EventBatch()
    batch.store.pointee.beginBlock(limit: maxSize)
    for (name, value) in fields {
        (Array(name.utf8) + value.utf8 + [0]).withUnsafeBufferPointer {
            _ = batch.store.pointee.append(
                name: $0.baseAddress!, name.utf8.count,
                value: $0.baseAddress! + name.utf8.count, value.utf8.count)
        }
    }
    return withExtendedLifetime(batch) { body(HeaderBlock(endIn: batch.store)) }
}

/// Lends the bytes of a text.
func withBytes<Result>(_ text: String, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    Array(text.utf8).withUnsafeBytes(body)
}

extension Status {
    /// Code and message in one line.
    var line: String { "\(code.rawValue) \(message)" }
}

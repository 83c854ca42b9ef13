// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// A message of a request, decoded.
package struct RequestMessage: Equatable, Sendable {
    /// The payload, decompressed.
    package let bytes: [UInt8]
    /// It was compressed on the wire.
    package let wasCompressed: Bool
}

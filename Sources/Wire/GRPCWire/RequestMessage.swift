// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// A message of a request, as its sender meant it.
public struct RequestMessage: Equatable, Sendable {
    /// The payload, decompressed.
    public let bytes: [UInt8]
    /// It came compressed.
    public let wasCompressed: Bool
}

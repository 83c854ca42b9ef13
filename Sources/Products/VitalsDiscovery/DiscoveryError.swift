// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Why there is no source, or no instance to use.
public struct DiscoveryError: Error, Equatable, CustomStringConvertible, Sendable {
    /// What is wrong, and what to do about it, without secrets.
    public let description: String

    init(_ description: String) { self.description = description }
}

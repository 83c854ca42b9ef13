// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// The name of an outcome: `memory`, `model/llama`.
public struct OutcomeName: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral {
    /// The name as people write it.
    public let rawValue: String

    /// An outcome of this name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// An outcome of this name.
    public init(stringLiteral value: String) { rawValue = value }
}

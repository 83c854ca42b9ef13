// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// The name of an outcome: `memory`, `model/llama`.
package struct OutcomeName: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral {
    /// The name as people write it.
    package let rawValue: String

    /// An outcome of this name.
    package init(rawValue: String) { self.rawValue = rawValue }

    /// An outcome of this name.
    package init(stringLiteral value: String) { rawValue = value }
}

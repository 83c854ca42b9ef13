// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Something went otherwise than a test needs it to.
package struct Unexpected: Error, CustomStringConvertible {
    /// What happened.
    package let description: String

    /// For this reason.
    package init(description: String) { self.description = description }
}

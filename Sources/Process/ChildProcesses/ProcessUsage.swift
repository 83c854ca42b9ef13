// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What a program used in all, with those of its children that it has waited for (C: `rusage`).
package struct ProcessUsage: Equatable, Sendable {
    package var userTime = Duration.zero
    package var systemTime = Duration.zero
    /// The most memory that one of them had resident, in bytes.
    package var peakMemory: UInt64 = 0

    /// Nothing was used, as far as is known.
    package init() {}
}

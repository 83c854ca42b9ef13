// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Numbers for jitter, the same for the same seed (SplitMix64). Not for secrets.
package struct RandomSource: Sendable {
    private var state: UInt64

    /// A source whose numbers follow from `seed`.
    package init(seed: UInt64) { state = seed }

    /// At least 0, less than 1.
    package mutating func nextFraction() -> Double {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return Double((bits ^ (bits >> 31)) >> 11) / Double(1 << 53)
    }
}

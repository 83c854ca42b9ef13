// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How much of a capacity one peer may take. Pure.
///
/// A peer gets one more while it has less than its percentage of what it has and what is free, together. One peer alone,
/// a proxy, gets that percentage of all; several peers share nearly all equally; and something is left for new peers
/// (Choudhury and Hahne, "Dynamic queue length thresholds", 1998).
package struct PeerShare: Sendable {
    /// Of what is free for the peer; 100 for no limit but the capacity.
    package let percent: Int

    /// A share of so many per cent.
    package init(percent: Int) { self.percent = percent }

    /// Whether a peer that has `own` of `taken` gets one more, where there are `limit` for all.
    package func admits(_ own: Int, of taken: Int, limit: Int) -> Bool {
        let free = limit - taken
        return free > 0 && own * (100 - percent) < percent * free
    }
}

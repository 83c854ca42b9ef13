// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How much of what there is for all one peer may take. Pure.
///
/// A peer gets one more while it has less than so many hundredths of what it has and what is free, together. So one
/// alone, a proxy, gets that share of all; two, three or a hundred get equal parts of nearly all; and something is left
/// for those who come new (Choudhury and Hahne, "Dynamic queue length thresholds", 1998).
struct PeerShare {
    /// Of what is free for the peer; 100 for no limit but that of all.
    let percent: Int

    /// Whether a peer that has `own` of `taken` gets one more, where there are `limit` for all.
    func admits(_ own: Int, of taken: Int, limit: Int) -> Bool {
        let free = limit - taken
        return free > 0 && own * (100 - percent) < percent * free
    }
}

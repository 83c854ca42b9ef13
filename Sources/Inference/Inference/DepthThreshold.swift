// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Whether a queue is long, with two thresholds so that the answer does not flap. Pure.
///
/// ```
///   short --(depth >= limit)--> long --(depth <= limit / 2)--> short
/// ```
struct DepthThreshold: Equatable, Sendable {
    /// The depth at which the queue becomes long; 0 for never.
    let limit: Int
    private(set) var isLong = false

    /// A threshold for a short queue.
    init(limit: Int) { self.limit = limit }

    /// Takes the new depth; true when ``isLong`` has changed.
    mutating func depthChanged(to depth: Int) -> Bool {
        if limit == 0 { return false }
        let wasLong = isLong
        isLong = wasLong ? depth > limit / 2 : depth >= limit
        return isLong != wasLong
    }
}

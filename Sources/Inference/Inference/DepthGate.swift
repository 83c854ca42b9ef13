// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Whether a line is too long, with two marks so that it does not turn to and fro. Pure.
///
/// ```
///   short --(depth >= limit)--> long --(depth <= half of the limit)--> short
/// ```
struct DepthGate: Equatable, Sendable {
    /// At or over it the line is long; 0 for a line that never is.
    let limit: Int
    /// The line is long.
    private(set) var isLong = false

    init(limit: Int) { self.limit = limit }

    /// The depth is another one; whether that turned the gate.
    mutating func depthChanged(to depth: Int) -> Bool {
        if limit == 0 { return false }
        let wasLong = isLong
        isLong = wasLong ? depth > limit / 2 : depth >= limit
        return isLong != wasLong
    }
}

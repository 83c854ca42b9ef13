// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// The connections of one worker that were let in for their first call when there was no place for them: their slots in
/// the worker's table, the oldest first. Pure.
struct ProvisionalConnections {
    /// How many there may be; one more takes the place of the oldest.
    let limit: Int
    private var slots: [Int] = []

    init(limit: Int) { self.limit = limit }

    /// The connection that must be evicted before one more is added; nil when none must.
    var nextToEvict: Int? { slots.count < limit ? nil : slots.first }

    mutating func add(_ slot: Int) { slots.append(slot) }

    mutating func remove(_ slot: Int) { slots.removeAll { $0 == slot } }
}

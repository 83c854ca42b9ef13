// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The streams of a registry on all loops together.
package final class StreamPlaces: Sendable {
    /// So many at once: each costs a list after a change.
    static let limit = 1000

    private let taken = Atomic(0)
    private let latest = Atomic<UInt64>(0)

    /// How many there are.
    package var count: Int { taken.load(ordering: .relaxed) }

    /// Takes a place; the number of the stream, or nil when there are too many.
    func take() -> UInt64? {
        guard taken.add(1, ordering: .relaxed).newValue <= Self.limit else {
            giveBack()
            return nil
        }
        return latest.add(1, ordering: .relaxed).newValue
    }

    /// Gives a place back.
    func giveBack() { taken.subtract(1, ordering: .relaxed) }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import InstanceRegistry
package import SystemIO

/// What is known of the instances of one service.
package struct FoundInstances: Sendable {
    /// Those to use; the array is shared.
    package let instances: [Instance]
    package let source: KnownInstances.Source
    /// When the store told its list last; nil when there was none yet.
    package let listTime: MonotonicTime?
    /// Some are used although the store says that they are gone.
    package let isBelowFloor: Bool
    /// Why the store is away; nil while it is not.
    package let failure: StoreFailure?
    /// How many instances the store has, by status.
    package let statuses: [InstanceStatus: Int]

    init(_ known: KnownInstances) {
        instances = known.usable
        source = known.source
        listTime = known.latestList
        isBelowFloor = known.isBelowFloor
        failure = known.failure
        statuses = known.statuses
    }

    /// How old the list of the store is; nil when there was none yet.
    package func age(at now: MonotonicTime) -> Duration? {
        // A loop that tells its time once a tick may be behind.
        listTime.map { max(.zero, now - $0) }
    }
}

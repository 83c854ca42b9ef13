// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import InstanceRegistry
package import SystemIO

/// How the registration of this process in one store is, at one moment.
package struct RegistrationReport: Sendable {
    /// The store, without secrets.
    package var store: String
    package var key: InstanceKey
    /// Where others find the instance.
    package var address: String
    /// As the store has it; nil when it has none that is known of.
    package var status: InstanceStatus?
    /// Since when it is registered without a gap; nil while it is not.
    package var since: MonotonicTime?
    /// When the store forgets it without another write.
    package var leaseEnd: MonotonicTime?
    /// Why the latest write failed; nil when it did not.
    package var failure: String?
    package var counts = RegistrationCounts()
    /// How long writes took.
    package var writes = DurationHistogram()

    /// The registration of an instance that is in no store yet.
    package init(store: String, of instance: Instance) {
        self.store = store
        key = instance.key
        address = instance.address
    }
}

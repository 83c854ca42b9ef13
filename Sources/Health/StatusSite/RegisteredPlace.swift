// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO

/// The process in one registry, as the page shows it to operators.
package struct RegisteredPlace: Equatable, Sendable {
    /// The registry, without secrets.
    package var registry: String
    /// Under which name, which id and which address others find the process.
    package var service: String
    package var id: String
    package var address: String
    /// The status that the registry has, in a word; nil while it has none that is known of.
    package var status: String?
    /// Since when it is registered without a gap.
    package var since: MonotonicTime?
    /// When the registry forgets it without another write.
    package var leaseEnd: MonotonicTime?
    /// Why the latest write failed; nil when it did not.
    package var failure: String?

    /// A process that is in no registry yet.
    package init(registry: String, service: String, id: String, address: String) {
        self.registry = registry
        self.service = service
        self.id = id
        self.address = address
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import Exposition
import InstanceRegistry
import LocalRegistry

/// The registry that this process serves to others, as metrics.
package enum RegistryFamilies {
    static let instances = MetricFamily(
        .gauge, "vitals_registry_instances",
        help: "Instances in the registry of this process, by status.")
    static let services = MetricFamily(
        .gauge, "vitals_registry_services",
        help: "Services with an instance in the registry of this process.")
    static let watchers = MetricFamily(
        .gauge, "vitals_registry_watchers",
        help: "Streams that are told of the changes of a service.")
    static let events = MetricFamily(
        .counter, "vitals_registry_events",
        help:
            "Registrations, deregistrations (also of instances whose time was over), changes of a status, and instances for which there was no room."
    )

    /// Every family, without values.
    package static let all = [instances, services, watchers, events]

    /// The values of a registry; none without one.
    package static func read(_ desk: RegistryDesk?) -> [MetricFamily] {
        guard let desk else { return [] }
        var (instances, services) = (instances, services)
        var (watchers, events) = (watchers, events)
        let table = desk.directory.table
        for status in InstanceStatus.allCases {
            instances.add(
                .integer(table.statusCounts[status] ?? 0), MetricLabel("status", status.rawValue))
        }
        services.add(.integer(table.serviceCounts.count))
        watchers.add(.integer(desk.streams.count))
        let counts = desk.directory.counts
        for (event, count) in [
            ("registration", counts.registrations), ("deregistration", counts.deregistrations),
            ("status_change", counts.statusChanges), ("refusal", counts.refusals),
        ] { events.add(.integer(count), MetricLabel("event", event)) }
        return [instances, services, watchers, events]
    }
}

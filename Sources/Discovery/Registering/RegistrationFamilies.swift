// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import Exposition
import InstanceRegistry
import Scraping
package import SystemIO

/// The registrations of this process, as metrics.
package enum RegistrationFamilies {
    static let info = MetricFamily(
        .info, "vitals_registration",
        help: "Under which name and address this process registers itself in the registry.")
    static let status = MetricFamily(
        .stateSet, "vitals_registration_status",
        help: "The status that the registry has of this process; none while it is not registered.")
    static let lease = MetricFamily(
        .gauge, "vitals_registration_lease_seconds", unit: "seconds",
        help: "How long the registry keeps this process without another write.")
    static let age = MetricFamily(
        .gauge, "vitals_registration_age_seconds", unit: "seconds",
        help: "How long this process has been registered without a gap.")
    static let events = MetricFamily(
        .counter, "vitals_registration_events",
        help:
            "Registrations, deregistrations, changes of the status, records of others that were repaired, and failures."
    )
    static let writes = MetricFamily(
        .histogram, "vitals_registration_write_duration_seconds", unit: "seconds",
        help: "How long the registry took to answer a write.")

    /// Every family, without values.
    package static let all = [info, status, lease, age, events, writes]

    /// The values of one moment.
    package static func read(
        _ figures: RegistrationFigures?, at now: MonotonicTime = .now()
    ) -> [MetricFamily] {
        guard let figures else { return [] }
        var (info, status, lease, age) = (info, status, lease, age)
        var (events, writes) = (events, writes)
        for report in figures.latest {
            let label = MetricLabel("registry", report.store)
            info.add(
                .info, label, MetricLabel("name", report.key.service),
                MetricLabel("id", report.key.id), MetricLabel("address", report.address))
            status.add(
                .states(
                    InstanceStatus.allCases.map {
                        MetricState($0.rawValue, isCurrent: report.status == $0)
                    }), label)
            let left = report.leaseEnd.map { max(.zero, $0 - now) } ?? .zero
            lease.add(.number(left.roundedSeconds), label)
            age.add(.number(report.since.map { (now - $0).roundedSeconds } ?? 0), label)
            for (event, count) in report.counts.all {
                events.add(.integer(count), label, MetricLabel("event", event))
            }
            writes.add(.histogram(HistogramValue(report.writes)), label)
        }
        return [info, status, lease, age, events, writes]
    }
}

extension RegistrationCounts {
    fileprivate var all: [(event: String, count: Int)] {
        [
            ("registration", registrations), ("deregistration", deregistrations),
            ("status_change", statusChanges), ("repair", repairs), ("failure", failures),
        ]
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import InstanceRegistry
package import StatusSite

extension RegistrationFigures {
    /// The latest reports as the status page shows them.
    package var places: [RegisteredPlace] {
        latest.map { report in
            var place = RegisteredPlace(
                registry: report.store, service: report.key.service, id: report.key.id,
                address: report.address)
            place.status = report.status?.rawValue
            (place.since, place.leaseEnd) = (report.since, report.leaseEnd)
            place.failure = report.failure
            return place
        }
    }
}

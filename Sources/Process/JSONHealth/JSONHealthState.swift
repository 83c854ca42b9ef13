// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import StatusBoard

/// A state in the word that reports at a JSON socket have for it.
package enum JSONHealthState: String, Sendable {
    case healthy = "Healthy"
    case degraded = "Degraded"
    case unhealthy = "Unhealthy"

    /// What is not known cannot serve.
    package init(_ state: Outcome.State) {
        switch state {
        case .healthy: self = .healthy
        case .degraded: self = .degraded
        case .unknown, .unhealthy: self = .unhealthy
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import InstanceRegistry

/// What has happened to an instance.
package enum InstanceEvent: Equatable, Sendable {
    case registered(Instance)
    /// It was taken out, or was forgotten.
    case deregistered(InstanceKey)
    case statusChanged(Instance, from: InstanceStatus)
    /// Something else of it.
    case changed(Instance)

    /// The service of the instance.
    package var service: String {
        switch self {
        case .registered(let instance), .statusChanged(let instance, _), .changed(let instance):
            instance.key.service
        case .deregistered(let key): key.service
        }
    }
}

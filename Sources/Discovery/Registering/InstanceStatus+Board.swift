// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import InstanceRegistry
package import StatusBoard

extension InstanceStatus {
    /// What the verdicts of a process come to.
    package init(_ snapshot: Board.Snapshot) {
        let readiness = snapshot.verdict(of: HealthName.readiness)
        if snapshot.isDraining {
            self = .draining
        } else if readiness?.isServing == true {
            self = .available
        } else {
            let startup = snapshot.verdict(of: HealthName.startup)
            self = startup?.isServing ?? true ? .unavailable : .starting
        }
    }
}

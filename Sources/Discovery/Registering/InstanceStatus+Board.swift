// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import InstanceRegistry
package import StatusBoard

extension InstanceStatus {
    /// What the verdicts of a process come to.
    package init(_ snapshot: Board.Snapshot) {
        self =
            switch snapshot.availability {
            case .starting: .starting
            case .available: .available
            case .unavailable: .unavailable
            case .draining: .draining
            }
    }
}

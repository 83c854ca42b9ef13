// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import InstanceRegistry
package import SystemIO

/// What checks by others say of an instance, beside what it says of itself. Pure.
package struct InstanceHealth: Equatable, Sendable {
    /// Failures in a row after which it is unavailable.
    package static let fall = 3
    /// Successes in a row after which it is no longer.
    package static let rise = 2

    package private(set) var consecutiveFailures = 0
    /// When it was checked last.
    package private(set) var lastCheck: MonotonicTime?
    private var consecutiveSuccesses = 0
    private var isDown = false
    private var hasSucceeded = false

    /// An instance that was not checked.
    package init() {}

    /// Takes the result of a check.
    package mutating func checked(isHealthy: Bool, at now: MonotonicTime) {
        lastCheck = now
        if isHealthy {
            hasSucceeded = true
            consecutiveFailures = 0
            consecutiveSuccesses += 1
            if consecutiveSuccesses >= Self.rise { isDown = false }
        } else {
            consecutiveSuccesses = 0
            consecutiveFailures += 1
            if consecutiveFailures >= Self.fall { isDown = true }
        }
    }

    /// The status of an instance that tells `told` of itself. What it knows better counts: that it drains, and that it cannot
    /// serve. One that only registers itself becomes available by its first success.
    package func status(told: InstanceStatus) -> InstanceStatus {
        switch told {
        case .draining, .unavailable: told
        case .starting: isDown ? .unavailable : hasSucceeded ? .available : .starting
        case .available: isDown ? .unavailable : .available
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// A check as it was configured, without the target.
package struct CheckDefinition: Equatable, Sendable {
    /// Unique among the checks.
    package var name: String
    /// When it runs.
    package var timing: CheckTiming
    /// While it is down, what depends on it is down.
    package var isCritical: Bool
    /// Its part in the score of a composite; not negative.
    package var weight: Double
    /// The health names that it is part of.
    package var groups: [String]
    /// Checks without which this one says nothing: while one of them is down, it does not run.
    package var needs: [String]
    /// It runs and reports, and decides nothing.
    package var isDry: Bool

    /// A check.
    package init(
        _ name: String, timing: CheckTiming = CheckTiming(), isCritical: Bool = false,
        weight: Double = 1, groups: [String] = ["readiness"], needs: [String] = [],
        isDry: Bool = false
    ) {
        self.name = name
        self.timing = timing
        self.isCritical = isCritical
        self.weight = weight
        self.groups = groups
        self.needs = needs
        self.isDry = isDry
    }
}

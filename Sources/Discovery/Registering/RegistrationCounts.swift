// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What a registration in one store has come to since the start.
package struct RegistrationCounts: Equatable, Sendable {
    /// The store did not have the instance, and has it now: the first time, and after it was lost.
    package var registrations = 0
    package var deregistrations = 0
    /// The store was told of another status.
    package var statusChanges = 0
    /// The record was another one than was written.
    package var repairs = 0
    /// The store did not do what it was asked for.
    package var failures = 0

    package init() {}
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Health names that mean the same in every program.
package enum HealthName {
    package static let server = ""
    package static let readiness = "readiness"
    package static let liveness = "liveness"
    package static let startup = "startup"
}

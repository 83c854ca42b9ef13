// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// The health names that the runtime registers.
package enum HealthName {
    package static let server = ""
    package static let readiness = "readiness"
    package static let liveness = "liveness"
    package static let startup = "startup"
    package static let skillService = "sarai.skills.SkillService"
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// The health names that the runtime registers.
enum HealthName {
    static let server = ""
    static let readiness = "readiness"
    static let liveness = "liveness"
    static let startup = "startup"
    static let skillService = "sarai.skills.SkillService"
}

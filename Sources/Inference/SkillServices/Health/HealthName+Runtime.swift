// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import StatusBoard

extension HealthName {
    /// The runtime's own service.
    package static let skillService = "sarai.skills.SkillService"
}

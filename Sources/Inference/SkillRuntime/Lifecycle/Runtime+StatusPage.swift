// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
import SkillServices
import StatusPages
import StatusSite

extension Runtime {
    /// The status page for these readers.
    func statusPage(for audience: PageAudience) -> StatusPage {
        let service = StatusReport.Service(
            name: options.models.skillName, version: Vitals.version, started: state.startTime)
        let source = SiteSource(
            service, board: state.board, history: state.history,
            figures: { [figures] in figures.figures })
        return StatusPage(source, for: audience)
    }
}

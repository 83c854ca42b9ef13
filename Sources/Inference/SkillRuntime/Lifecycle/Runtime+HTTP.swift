// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Explaining
import HTTPRouting
import ServedRegistry
import Settings
import SkillServices
import StatusBoard
import StatusPages
import StatusSite

/// The pages of plain HTTP.
extension Runtime {
    /// For everyone: at the port, or at the address for HTTP where there is one. Nothing in them is secret.
    var publicPages: [any HTTPService] {
        // The registry first: below /discover it has more to tell than a process that knows itself.
        (companions.registry?.publicPages ?? [])
            + [metrics.page, healthPages(for: .everybody), statusPage(for: .everybody)]
            + publicHeartbeats
    }

    /// For operators: at their address, and nowhere else.
    var adminPages: [any HTTPService] {
        let pages: [any HTTPService] =
            (companions.registry?.adminPages ?? []) + [
                metrics.page, healthPages(for: .operators), statusPage(for: .operators),
                adminService, explanationPage,
            ] + adminHeartbeats
        // No browser reaches a Unix socket.
        return options.network.admin?.path == nil
            ? [GuardedPages(pages, against: .otherNames)] : pages
    }

    /// Why the runtime is as it is.
    private var explanationPage: ExplanationPage {
        let remedies = Remedies(figures, options.memory)
        return ExplanationPage(state.board, state.history) {
            remedies.remedy(for: $0, $1)
        }
    }
}

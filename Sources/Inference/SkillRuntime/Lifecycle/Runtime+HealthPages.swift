// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SkillServices
import StatusBoard
import StatusPages

/// Health over HTTP.
extension Runtime {
    /// The pages of the status board.
    func healthPages(for audience: PageAudience) -> HealthPages {
        // The addresses beside the port are in plaintext.
        let isAtPort = audience == .everybody && options.network.http == nil
        var identity = identity
        identity.usesTLS = isAtPort && options.tls.configuration != nil
        return HealthPages(state.board, of: identity, for: audience)
    }
}

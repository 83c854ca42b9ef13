// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import NetworkChecks
import Outbound

/// What a link connects to, and how each connection begins.
struct RedisPlace: Sendable {
    /// Who knows where the server is.
    enum Finding: Sendable {
        /// It is always there.
        case fixed(OutboundTarget)
        /// Sentinels are asked before each connection: the master may be another one than before.
        case sentinels(SentinelTarget)
    }

    let finding: Finding
    let login: RedisLogin

    init(_ target: RedisTarget) { (finding, login) = (.fixed(target.place), target.login) }

    init(_ target: SentinelTarget) { (finding, login) = (.sentinels(target), target.login) }
}

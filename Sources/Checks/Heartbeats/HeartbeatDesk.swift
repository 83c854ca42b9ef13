// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTPRouting

/// Takes reports for all heartbeats of a process, and brings each to its check. From any thread.
package struct HeartbeatDesk: Sendable {
    private let heartbeats: [(name: String, check: HeartbeatCheck)]

    /// A desk for these; names are unique.
    package init(_ heartbeats: [(name: String, check: HeartbeatCheck)]) {
        self.heartbeats = heartbeats
    }

    /// There is nothing to report.
    package var isEmpty: Bool { heartbeats.isEmpty }

    /// Some may be reported by who has a token.
    package var hasTokens: Bool { heartbeats.contains { $0.check.token != nil } }

    /// In their order.
    package var names: [String] { heartbeats.map(\.name) }

    /// Those that may be reported only by operators.
    package var namesWithoutToken: [String] {
        heartbeats.filter { $0.check.token == nil }.map(\.name)
    }

    /// Takes a report of somebody who may report.
    package func take(_ report: HeartbeatReport, for name: String) throws(HeartbeatRefusal) {
        guard let heartbeat = heartbeats.first(where: { $0.name == name }) else {
            throw .unknownName(name, known: names)
        }
        heartbeat.check.inbox.put(report)
    }

    /// Throws unless this is the token of the heartbeat. The same is said where there is no such heartbeat.
    package func checkToken(_ token: String, for name: String) throws(HeartbeatRefusal) {
        guard let expected = heartbeats.first(where: { $0.name == name })?.check.token,
            BearerToken.isSame(token, expected)
        else { throw .unauthorized }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import CheckSettings
import Explaining
import JSONHealth
import StatusBoard
import SystemIO
import Text

/// What `healthcheck status` is told: the verdict, and every check with its reason.
struct CommandReport: JSONHealthDocument {
    let isReady: Bool
    let text: String
    private var makeExplanation: (_ last: Duration?) -> Explanation? = { _ in nil }

    init(_ snapshot: Board.Snapshot, _ checks: [CheckSetting], uptime: Duration) {
        let verdict = snapshot.verdict(of: HealthName.readiness)
        isReady = verdict?.isServing == true
        let names = snapshot.entries.keys.filter { $0 != .draining }
            .sorted { $0.rawValue < $1.rawValue }
        let state = JSONHealthState(verdict?.outcome.state ?? .unknown)
        text = Self.report(
            state, isReady: isReady, uptimeSeconds: uptime.components.seconds
        ) { writer in
            writer.set("reason", verdict?.outcome.text ?? "")
            writer.array("checks", names) { writer, name in
                let check = checks.first { $0.definition.name == name.rawValue }
                let outcome = snapshot.outcome(of: name) ?? .unknown
                writer.set("name", name.rawValue)
                writer.set("kind", check?.kindName ?? name.rawValue)
                writer.set("target", check?.kind.targetText ?? "")
                // Not known is a state of a check, and none of a report.
                let isUnknown = outcome.state == .unknown
                writer.set("state", isUnknown ? "Unknown" : JSONHealthState(outcome.state).rawValue)
                writer.set("reason", outcome.state == .healthy ? "" : outcome.text)
            }
        }
    }

    /// The same report, which can also be explained.
    func explained(by make: @escaping (_ last: Duration?) -> Explanation?) -> CommandReport {
        var report = self
        report.makeExplanation = make
        return report
    }

    func explanation(asText: Bool, last: Duration?) -> String? {
        makeExplanation(last).map { String(decoding: asText ? $0.text : $0.json, as: UTF8.self) }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import OneShotChecks
import StatusBoard
import SystemIO
import Text

/// What checks found that ran once, as people and programs read it.
struct OneShotReport {
    /// The worst first: Docker keeps the first 4,096 bytes.
    private let results: [OneShotResult]
    private let state: Outcome.State
    /// 0 or 1.
    let exitCode: CInt

    /// A report of these results. A check that is `dry` decides nothing.
    init(_ results: [OneShotResult], refusesDegraded: Bool) {
        self.results = results.enumerated().sorted { left, right in
            let (a, b) = (left.element.result.state, right.element.result.state)
            return a == b ? left.offset < right.offset : a > b
        }.map(\.element)
        let deciding = results.filter { !$0.isDry }
        state = deciding.map(\.result.state).max() ?? .healthy
        exitCode = Self.exitCode(state, refusesDegraded: refusesDegraded)
    }

    /// The exit code for what was found in all.
    static func exitCode(_ state: Outcome.State, refusesDegraded: Bool) -> CInt {
        state == .healthy || (state == .degraded && !refusesDegraded) ? 0 : 1
    }

    /// A line a check for standard output; it begins with the verdict.
    var lines: String {
        var text = ""
        for result in results {
            text += Self.line(Self.title(result), result.result.state, result.result.duration)
        }
        return text
    }

    /// The line of one check.
    static func line(_ title: String, _ state: Outcome.State, _ duration: Duration) -> String {
        "\(state.word) \(title) \(milliseconds(duration)) ms\n"
    }

    /// A line for standard error for each check that is not healthy.
    var reasons: String {
        var text = ""
        for result in results {
            let dry = result.isDry ? " (dry: it decides nothing)" : ""
            let cause = result.result.cause + dry
            text += Self.reason(Self.title(result), result.result.state, cause)
        }
        return text
    }

    /// Why one check is not healthy; empty where it is.
    static func reason(_ title: String, _ state: Outcome.State, _ cause: String) -> String {
        state == .healthy ? "" : "healthcheck: \(title): \(cause)\n"
    }

    /// One document, in a line.
    var json: String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.set("state", state.word)
            writer.set("exit", exitCode)
            writer.array("checks", results) { writer, result in
                writer.set("name", result.name)
                writer.set("kind", result.kind)
                writer.set("target", result.target)
                writer.set("state", result.result.state.word)
                writer.set("reason", result.result.cause)
                writer.set("duration_ms", thousandths: result.result.duration.wholeMicroseconds)
                if result.isDry { writer.set("dry", true) }
                writer.object("details") { writer in
                    for (name, value) in result.result.details.sorted(by: { $0.key < $1.key }) {
                        writer.set(named: name, value)
                    }
                }
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }

    private static func title(_ result: OneShotResult) -> String {
        CheckTitle.text(name: result.name, kind: result.kind, target: result.target)
    }

    private static func milliseconds(_ duration: Duration) -> String {
        let tenths = (duration.wholeMicroseconds + 50) / 100
        return "\(tenths / 10).\(tenths % 10)"
    }
}

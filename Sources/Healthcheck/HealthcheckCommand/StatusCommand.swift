// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import StatusBoard
import SystemIO
import Text
import WrapperStatus

/// Asks the wrapper of this container how it is, and says that.
package enum StatusCommand {
    /// Asks, prints the answer, and gives the exit code.
    package static func run(_ options: StatusOptions) -> CInt {
        clinux_ignore_signal(SIGPIPE)
        let sockets = StatusSocket.candidates(given: options.socket)
        do throws(WrapperQueryError) {
            let report = try WrapperQuery.ask(
                sockets, isNamed: options.socket?.isEmpty == false,
                until: .now() + options.timeout)
            StandardStream.output.write(options.printsJSON ? report.json : lines(report))
            StandardStream.error.write(reasons(report))
            return report.isOK && !(options.refusesDegraded && report.state == .degraded) ? 0 : 1
        } catch {
            StandardStream.output.write("unknown\n")
            StandardStream.error.write("healthcheck: \(error.text)\n")
            return 1
        }
    }

    /// The verdict, then a line a check, the worst first: Docker keeps the first 4,096 bytes.
    static func lines(_ report: WrapperReport) -> String {
        // A runtime tells no checks here.
        if report.checks.isEmpty { return report.state.word + "\n" }
        let healthy = report.checks.count { $0.state == .healthy }
        var text =
            "\(report.state.word) (\(healthy) of \(report.checks.count) checks are healthy)\n"
        for check in worstFirst(report) { text += "\(check.state.word) \(name(check))\n" }
        return text
    }

    /// Why, a line each.
    static func reasons(_ report: WrapperReport) -> String {
        var reasons = report.reason.isEmpty ? [] : [report.reason]
        reasons += worstFirst(report).filter { !$0.reason.isEmpty }.map {
            "\(name($0)): \($0.reason)"
        }
        return reasons.map {
            "healthcheck: \(PrintableText.escaped($0, limit: 500))\n"
        }.joined()
    }

    private static func worstFirst(_ report: WrapperReport) -> [WrapperReport.Check] {
        report.checks.enumerated().sorted { left, right in
            let (a, b) = (left.element.state, right.element.state)
            return a == b ? left.offset < right.offset : a > b
        }.map(\.element)
    }

    private static func name(_ check: WrapperReport.Check) -> String {
        let text = CheckTitle.text(name: check.name, kind: check.kind, target: check.target)
        return PrintableText.escaped(text, limit: 300)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckEngine
package import CheckScheduling
package import ChildProcesses
import StatusBoard
import Text

/// The check of kind `exec`: a program's exit status says how it is.
///
/// Options: `degraded-on-1` (true), and those of ``ExecCommand``.
package struct ExecCheck: CheckKind {
    private let command: ExecCommand
    private let isOneDegraded: Bool

    /// Reads the target and its options.
    package init(_ target: String?, _ options: CheckOptions) throws(CheckOptionError) {
        var options = options
        command = try ExecCommand(target, &options)
        isOneDegraded = try options.takeSwitch("degraded-on-1") ?? true
        try options.checkEmpty()
    }

    package var targetText: String { command.program }

    package func makeRunner(_ context: CheckContext) -> any CheckRunner {
        command.makeRunner(context) { [isOneDegraded] end, output in
            Self.result(end, output, isOneDegraded: isOneDegraded)
        }
    }

    /// What an end means.
    package static func result(
        _ end: ProcessEnd, _ output: ChildOutput, isOneDegraded: Bool
    ) -> CheckResult {
        var details: [String: String] = [:]
        if !output.bytes.isEmpty {
            details["output"] = PrintableText.escaped(
                utf8: output.bytes, limit: ChildOutput.limit)
        }
        switch end {
        case .exited(let status):
            details["exit_status"] = String(status)
            if status == 0 { return CheckResult(.healthy, details: details) }
            return CheckResult(
                status == 1 && isOneDegraded ? .degraded : .unhealthy,
                output.firstLine ?? "it exited with status \(status)", details: details)
        case .killed(let signal, _):
            details["signal"] = String(signal)
            let said = output.firstLine.map { ": " + $0 } ?? ""
            return CheckResult(
                .unhealthy, "it was ended by signal \(signal)\(said)", details: details)
        case .lost:
            return CheckResult(
                .unknown, "its exit status was taken by another part of this process")
        }
    }
}

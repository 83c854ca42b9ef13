// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import CheckEngine
import ChildProcesses
package import CheckScheduling
import StatusBoard
import Text

/// The check of kind `exec`: a program's exit status says how it is.
///
/// Options: `command` (the program and its arguments) in place of the target, `arg` (an argument, repeatable),
/// `degraded-on-1` (true).
package struct ExecCheck: CheckKind {
    private let command: [String]
    private let isOneDegraded: Bool

    /// Reads the target and its options.
    package init(_ target: String?, _ options: CheckOptions) throws(CheckOptionError) {
        var options = options
        let command = options.takeAll("command")
        let arguments = options.takeAll("arg")
        isOneDegraded = try options.takeSwitch("degraded-on-1") ?? true
        guard target == nil || command.isEmpty else {
            throw CheckOptionError("command", "is given beside a target: use one of them")
        }
        self.command = (target.map { [$0] } ?? command) + arguments
        guard let program = self.command.first else {
            throw CheckOptionError("target", "is missing: use the path of a program, or command")
        }
        guard program.utf8.first == UInt8(ascii: "/") else {
            let name = target == nil ? "command" : "target"
            let shown = PrintableText.quoted(PrintableText.prefix(of: program, bytes: 100))
            throw CheckOptionError(
                name, "begins with \(shown), which is no absolute path: use /usr/bin/NAME")
        }
        guard !self.command.contains(where: { $0.utf8.contains(0) }) else {
            throw CheckOptionError("arg", "has a NUL byte, which no argument can have")
        }
        try options.checkEmpty()
    }

    /// The program alone: an argument may be a secret.
    package var targetText: String { command[0] }

    package func makeRunner(_ context: CheckContext) -> any CheckRunner {
        ChildSignals.begin(on: context.loop)
        return ExecRunner(command, on: context.loop) { [isOneDegraded] end, output in
            Self.result(end, output, isOneDegraded: isOneDegraded)
        }
    }

    /// What an end means.
    static func result(
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

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckEngine
package import CheckScheduling
package import ChildProcesses
import Text

/// The program that a check runs.
///
/// Options: `command` (the program and its arguments) in place of the target, `arg` (an argument, repeatable).
package struct ExecCommand: Sendable {
    private let words: [String]

    /// Reads the target and the options.
    package init(_ target: String?, _ options: inout CheckOptions) throws(CheckOptionError) {
        let command = options.takeAll("command")
        let arguments = options.takeAll("arg")
        guard target == nil || command.isEmpty else {
            throw CheckOptionError("command", "is given beside a target: use one of them")
        }
        words = (target.map { [$0] } ?? command) + arguments
        guard let program = words.first else {
            throw CheckOptionError("target", "is missing: use the path of a program, or command")
        }
        guard program.utf8.first == UInt8(ascii: "/") else {
            let name = target == nil ? "command" : "target"
            let shown = PrintableText.quoted(PrintableText.prefix(of: program, bytes: 100))
            throw CheckOptionError(
                name, "begins with \(shown), which is no absolute path: use /usr/bin/NAME")
        }
        guard !words.contains(where: { $0.utf8.contains(0) }) else {
            throw CheckOptionError("arg", "has a NUL byte, which no argument can have")
        }
    }

    /// The program alone: an argument may be a secret.
    package var program: String { words[0] }

    /// Runs it; `judge` says what its end means.
    package func makeRunner(
        _ context: CheckContext, _ judge: @escaping (ProcessEnd, ChildOutput) -> CheckResult
    ) -> any CheckRunner {
        ChildSignals.begin(on: context.loop)
        return ExecRunner(words, on: context.loop, judge)
    }
}

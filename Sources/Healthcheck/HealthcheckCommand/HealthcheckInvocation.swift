// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
import Flags
import Settings
import Text

/// What the command line of `healthcheck` asks for.
package enum HealthcheckInvocation {
    /// Print `text` on standard output and exit with 0.
    case printOutput(text: String)
    /// Print the problems on standard error, a line each, and exit with the code.
    case refuse(problems: [String], code: CInt)
    /// Run checks once.
    case checkOnce(OneShotOptions)
    /// Run a command and watch it: the arguments before the `--`, and what follows it.
    case wrap(arguments: [String], command: [String])

    /// Reads the arguments that follow the program's name. What comes after the first `--` is the command's own.
    package init(arguments: [String]) {
        if let end = arguments.firstIndex(of: "--") {
            self = .wrap(
                arguments: Array(arguments[..<end]), command: Array(arguments[(end + 1)...]))
            return
        }
        switch arguments.first {
        case "--help"?, "-help"?, "-h"?, "help"?: self = .printOutput(text: HelpPage.text)
        case "--version"?, "-version"?: self = Self.version(arguments.dropFirst())
        case let word? where !word.hasPrefix("-"):
            self = .refuse(problems: [Self.unknownCommand(word)], code: Self.misuse)
        default: self = Self.checkOnce(arguments)
        }
    }

    /// The exit code for a command line that cannot be read: not 2, which Docker reserves.
    private static var misuse: CInt { 1 }

    private static func version(_ rest: ArraySlice<String>) -> HealthcheckInvocation {
        let text = "healthcheck " + Vitals.versionText
        return .printOutput(text: rest == ["--v"] ? text + Vitals.noticesText : text)
    }

    private static func unknownCommand(_ word: String) -> String {
        let shown = PrintableText.quoted(PrintableText.prefix(of: word, bytes: 100))
        return "unknown command \(shown): to run it as the container's program, put -- before it: "
            + "healthcheck -- COMMAND (see --help)"
    }

    private static func checkOnce(_ arguments: [String]) -> HealthcheckInvocation {
        do throws(OneShotRefusal) {
            return .checkOnce(try OneShotOptions(arguments: arguments))
        } catch {
            return .refuse(problems: error.problems, code: misuse)
        }
    }
}

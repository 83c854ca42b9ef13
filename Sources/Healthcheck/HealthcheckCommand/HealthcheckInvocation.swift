// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo

/// What the command line of `healthcheck` asks for.
package enum HealthcheckInvocation {
    /// Print `text` on standard output and exit with 0.
    case printOutput(text: String)
    /// Print the problems on standard error, a line each, and exit with the code.
    case refuse(problems: [String], code: CInt)
    /// Run checks once.
    case checkOnce(OneShotOptions)
    /// Ask the wrapper of this container.
    case askWrapper(StatusOptions)
    /// Explain the health of this container, or a check.
    case explain(ExplainOptions)
    /// Copy this program to a path.
    case install(path: String)
    /// Run the command that follows the `--`, and watch it: the arguments before that.
    case wrap(arguments: [String])

    /// Reads the arguments that follow the program's name. What comes after the first `--` is the command's own.
    package init(arguments: [String]) {
        if let end = arguments.firstIndex(of: "--") {
            self = .wrap(arguments: Array(arguments[..<end]))
            return
        }
        do throws(CommandRefusal) {
            self = try Self.read(arguments)
        } catch {
            self = .refuse(problems: error.problems, code: ExitProfile(of: arguments).misuse)
        }
    }

    private static func read(
        _ arguments: [String]
    ) throws(CommandRefusal) -> HealthcheckInvocation {
        let rest = Array(arguments.dropFirst())
        switch arguments.first {
        case "help"?: return .printOutput(text: HelpPage.text())
        case "status"? where rest.contains(where: HelpPage.flags.contains):
            return .printOutput(text: HelpPage.statusText())
        case "explain"? where rest.contains(where: HelpPage.flags.contains):
            return .printOutput(text: HelpPage.explainText())
        case "install"? where rest.contains(where: HelpPage.flags.contains):
            return .printOutput(text: HelpPage.text())
        case let word?
        where word.hasPrefix("-") && arguments.contains(where: HelpPage.flags.contains):
            return .printOutput(text: HelpPage.text())
        case "version"?, "--version"?, "-version"?:
            let text = "healthcheck " + Vitals.versionText
            return .printOutput(text: rest == ["--v"] ? text + Vitals.noticesText : text)
        case nil, "status"?: return .askWrapper(try StatusOptions(arguments: rest))
        case "explain"?: return .explain(try ExplainOptions(arguments: rest))
        case "install"?:
            guard rest.count == 1, let path = rest.first, !path.isEmpty, !path.hasPrefix("-") else {
                throw CommandRefusal(problems: [
                    "install needs one path, where this program is copied to: "
                        + "healthcheck install /shared/healthcheck"
                ])
            }
            return .install(path: path)
        case let word? where !word.hasPrefix("-"):
            throw CommandRefusal(problems: [
                "unknown command \(CommandFlags.shown(word)): to run it as the container's program, put -- before it: "
                    + "healthcheck -- COMMAND (see --help)"
            ])
        default: return .checkOnce(try OneShotOptions(arguments: arguments))
        }
    }
}

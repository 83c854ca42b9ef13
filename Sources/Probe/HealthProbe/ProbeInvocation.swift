// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
import Flags

/// What a command line comes to: a check to make, or a text to print and the end.
package enum ProbeInvocation: Equatable, Sendable {
    case check(ProbeOptions)
    /// Print `text`, which ends with an end of line, and exit with 0.
    case printOutput(text: String)
    /// Print `text`, which ends with an end of line, on standard error and exit with
    /// ``ProbeExitCode/invalidArguments``.
    case refuse(text: String)

    /// Reads the arguments that follow the program's name.
    package init(arguments: [String]) {
        var options = ProbeOptions()
        let flags = ProbeOptions.flags
        var rest = arguments[...]
        do throws(FlagError) {
            try flags.parse(&rest, into: &options)
        } catch {
            let explanation = error == .helpRequested ? "" : error.text + "\n"
            // Behind the usage text, which scripts and terminals have scrolled away from the first line.
            let hint = flags.hint(on: error).map { ProbeMessage.hint($0) + "\n" } ?? ""
            self = .refuse(text: explanation + flags.usage + hint)
            return
        }
        let unread = flags.hint(on: rest, of: arguments)
        if options.showsVersion {
            self = .printOutput(
                text: Vitals.versionText + (options.output.isVerbose ? Vitals.noticesText : ""))
            return
        }
        do throws(ProbeOptionsError) {
            try options.validate()
            options.unreadHint = unread
            self = .check(options)
        } catch {
            let hint = unread.map { ProbeMessage.hint($0) + "\n" } ?? ""
            self = .refuse(text: error.text + "\n" + hint)
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckSettings
import Flags
import Settings

/// The text of `--help`.
enum HelpPage {
    /// What asks for it, wherever it stands among flags.
    static let flags = ["--help", "--help-all", "-help", "-h"]

    /// Of `healthcheck status` alone.
    static func statusText(width: Int = HelpWidth.ofTerminal) -> String {
        var help = HelpText(width: width)
        help.add(
            lines: """
                healthcheck status asks the wrapper of this container (healthcheck -- COMMAND) how the command is.

                Usage: healthcheck status [flags]

                """)
        add(StatusOptions.flags, "Flags", to: &help)
        help.add(
            paragraph:
                "Exit codes: 0 healthy or degraded, 1 anything else, such as no wrapper. The "
                + "first line on standard output is the verdict; standard error has the reasons.")
        return help.text
    }

    /// Of `healthcheck explain` alone.
    static func explainText(width: Int = HelpWidth.ofTerminal) -> String {
        var help = HelpText(width: width)
        help.add(
            lines: """
                healthcheck explain asks the wrapper of this container why each health name is what it is, and what would have to change.

                Usage: healthcheck explain [flags]
                       healthcheck explain KIND:TARGET[,OPTION=VALUE]

                """)
        add(ExplainOptions.flags, "Flags", to: &help)
        help.add(
            paragraph:
                "With a check it says what that would do: when it runs, what follows, and what it needs. Nothing is asked."
        )
        help.add(
            paragraph:
                "Exit codes: 0 healthy or degraded, 1 anything else, such as no wrapper. With a check: 0."
        )
        return help.text
    }

    /// Of all that the program does.
    static func text(width: Int = HelpWidth.ofTerminal) -> String {
        var help = HelpText(width: width)
        help.add(
            lines: """
                healthcheck gives a container a truthful health.

                Usage:
                  healthcheck --http URL               check once; exit code 0 or 1
                  healthcheck --check KIND:TARGET ...  any kind of check; several run at once
                  healthcheck [flags] -- COMMAND ...   run a command, watch it, serve its health
                  healthcheck --help --                the flags of that
                  healthcheck status                   ask the wrapper of this container
                  healthcheck explain [KIND:TARGET]    why it is as it is; or what a check would do
                  healthcheck install PATH             copy this program, for another container
                  healthcheck --version [--v]          with --v: what is linked, and the notices

                """)
        add(OneShotOptions.flags, "Checks that run once", to: &help)
        add(StatusOptions.flags, "Flags of status", to: &help)
        add(ExplainOptions.flags, "Flags of explain", to: &help)
        help.add(paragraph: "Kinds of checks: \(CheckKinds.once.names).")
        help.add(
            paragraph: "A command that is run can have one kind more, heartbeat, "
                + "which it reports itself."
        )
        help.add(
            paragraph: "Exit codes: 0 healthy or degraded, 1 unhealthy or not known. The lines on "
                + "standard output begin with the verdict; standard error has the reasons.")
        return help.text
    }

    private static func add<Options>(
        _ flags: FlagTable<Options>, _ heading: String, to help: inout HelpText
    ) {
        help.add(heading: heading)
        for flag in flags.entries {
            let value = flag.defaultText.isEmpty ? "" : " (default \(flag.defaultText))"
            help.add(
                name: "--\(flag.name)" + (flag.word.isEmpty ? "" : " " + flag.word),
                meaning: flag.help + value)
        }
    }
}

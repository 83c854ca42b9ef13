// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
import ChildProcesses
import Settings
package import SystemIO

/// Runs a command, watches it, and serves its health.
package enum Wrapper {
    /// The exit code when the wrapper itself cannot do what it was asked for. No command has been started then.
    static let failure: CInt = 125

    /// Reads `arguments`, which stand before the `--`, and does what they ask for; the process's exit code. The command is
    /// what this program was called with from word `commandStart` on, byte for byte.
    package static func run(
        arguments: [String], commandStart: Int, startTime: MonotonicTime = .now()
    ) -> CInt {
        let table = WrapperOptions.settings
        let reading = table.read(arguments: arguments)
        switch reading.command {
        case .run: break
        case .printHelp(let all):
            return printed(table.help(all: all, width: HelpWidth.ofTerminal))
        case .printVersion, .printNotices:
            return printed(
                "healthcheck " + Vitals.versionText
                    + (reading.command == .printNotices ? Vitals.noticesText : ""))
        case .checkConfiguration where reading.problems.isEmpty:
            for warning in warnings(reading) { tell("warning: " + warning) }
            return printed("healthcheck: configuration OK\n")
        case .printConfiguration where reading.problems.isEmpty:
            return printed(table.printed(reading))
        case .checkConfiguration, .printConfiguration: break
        }
        if !reading.problems.isEmpty { return refuse(reading.problems) }
        guard let command = ChildCommand(argumentsFrom: commandStart) else {
            return refuse(["there is no command behind the --: use healthcheck -- COMMAND"])
        }
        do throws(WrapperStartError) {
            let app = try WrapperApp(reading.options, command, startTime: startTime)
            return try app.run(warnings: warnings(reading))
        } catch {
            return refuse([error.text])
        }
    }

    private static func warnings(_ reading: SettingReading<WrapperOptions>) -> [String] {
        reading.warnings + reading.options.warnings.map(reading.located)
    }

    private static func printed(_ text: String) -> CInt {
        StandardStream.output.write(text)
        return 0
    }

    private static func refuse(_ problems: [String]) -> CInt {
        for problem in problems { tell(problem) }
        return failure
    }

    private static func tell(_ text: String) {
        StandardStream.error.write("healthcheck: \(text)\n")
    }
}

/// Why nothing was started.
struct WrapperStartError: Error {
    /// What is wrong, and what to do.
    let text: String

    init(_ text: String) { self.text = text }
}

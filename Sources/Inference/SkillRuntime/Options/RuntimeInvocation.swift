// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
import HostMemory
import OTLPExport
import Settings
import SystemIO

/// What flags, environment and file come to: a runtime, or a text to print and the end.
package enum RuntimeInvocation {
    /// Run, and tell the warnings in the log.
    case run(RuntimeOptions, warnings: [String])
    /// Ask a runtime that runs to explain itself; what follows the word `explain`.
    case explain([String])
    /// Tell what a check has found, on standard error, and exit with 0 when there are no problems.
    case checked(problems: [String], warnings: [String])
    /// Print `text` on standard output and exit with 0.
    case printOutput(text: String)
    /// Print the problems on standard error, a line each, and exit with 1.
    case refuse(problems: [String])

    /// Reads the arguments that follow the program's name, and the environment of this process.
    package init(arguments: [String]) {
        if arguments.first == "explain" {
            self = .explain(Array(arguments.dropFirst()))
            return
        }
        let limit = ControlGroups(root: "").limit
        let table = RuntimeOptions.settings(memoryLimit: limit)
        let variables = ProgramEnvironment.variables(PushEnvironment.isVariable)
        self.init(table.read(arguments: arguments), of: table, PushEnvironment(variables))
    }

    /// The same, with an environment that is given.
    init(arguments: [String], environment: [String: String]) {
        let table = RuntimeOptions.settings
        self.init(
            table.read(arguments: arguments, environment: environment), of: table,
            PushEnvironment(environment))
    }

    private init(
        _ reading: SettingReading<RuntimeOptions>, of table: SettingTable<RuntimeOptions>,
        _ push: PushEnvironment
    ) {
        var options = reading.options
        options.push = push.configuration
        options.given = reading.given
        switch reading.command {
        case .printHelp(let all):
            self = .printOutput(text: table.help(all: all, width: HelpWidth.ofTerminal))
        case .printVersion: self = .printOutput(text: "skill-runtime " + Vitals.versionText)
        case .printNotices:
            self = .printOutput(text: "skill-runtime " + Vitals.versionText + Vitals.noticesText)
        case .checkConfiguration:
            let problems = ConfigurationCheck.problems(of: options).map(reading.located)
            let warnings = ConfigurationCheck.warnings(of: options).map(reading.located)
            self = .checked(
                problems: reading.problems + problems,
                warnings: Self.warnings(reading) + warnings + push.warnings
                    + [options.push?.credentialsWarning].compactMap(\.self))
        case _ where !reading.problems.isEmpty: self = .refuse(problems: reading.problems)
        case .printConfiguration: self = .printOutput(text: table.printed(reading))
        case .run:
            self = .run(options, warnings: Self.warnings(reading) + push.warnings)
        }
    }

    private static func warnings(_ reading: SettingReading<RuntimeOptions>) -> [String] {
        let found =
            reading.options.warnings + LocalTrust.warnings(of: reading.options)
            + reading.options.memory.warnings
        return reading.warnings + found.map(reading.located)
    }
}

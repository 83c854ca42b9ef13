// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import Text

/// All settings of a program: read from flags, environment variables and a YAML file, in this order of strength.
///
/// A new setting is one line in the program's table and a field with the default in its options. Beside the
/// settings, the table has the flags that are no settings, such as `--config` and `--help`.
package struct SettingTable<Options> {
    let program: String
    /// What the environment variables of all settings begin with, such as `VITALS_`.
    let variablePrefix: String
    /// What it is and how it is called, above the flags in the help; lines that are short enough for any terminal.
    let synopsis: String
    /// What its exit codes mean, below them.
    let exitCodes: String
    let defaults: Options
    /// All settings by subject, in the order of the help.
    let groups: [SettingGroup<Options>]
    let settings: [Setting<Options>]
    /// What to say of a flag that is not here but that the program has elsewhere; nil for others.
    let elsewhere: (_ name: String) -> String?
    /// What is wrong with the options as a whole.
    private(set) var problems: (Options) -> [SettingProblem]
    /// The options with what follows from others filled in.
    let completed: (Options) -> Options

    /// The settings of `program`; `defaults` holds the values of those that are not given.
    package init(
        program: String, variablePrefix: String, synopsis: String = "",
        exitCodes: String = "", defaults: Options,
        groups: [SettingGroup<Options>],
        elsewhere: @escaping (_ name: String) -> String? = { _ in nil },
        problems: @escaping (Options) -> [SettingProblem] = { _ in [] },
        completed: @escaping (Options) -> Options = { $0 }
    ) {
        self.program = program
        self.variablePrefix = variablePrefix
        self.synopsis = synopsis
        self.exitCodes = exitCodes
        self.defaults = defaults
        self.groups = groups
        self.settings = groups.flatMap { $0.settings }
        self.elsewhere = elsewhere
        self.problems = problems
        self.completed = completed
    }

    /// The same settings, each judged for itself only: for those who need a few of them.
    package var withoutCommonProblems: SettingTable {
        var table = self
        table.problems = { _ in [] }
        return table
    }

    /// The names of all settings.
    package var names: [String] { settings.map(\.name) }

    func setting(named name: String) -> Setting<Options>? {
        // Not by `first(where:)`, which copies each setting that it looks at.
        for index in settings.indices where settings[index].name == name { return settings[index] }
        return nil
    }

    /// The environment variable that names the configuration file.
    var fileVariable: String { variablePrefix + "CONFIG" }

    /// The environment variable of a setting.
    func variable(of setting: Setting<Options>) -> String { variable(named: setting.name) }

    /// The environment variable that may hold a setting's secret itself; nil for a setting without one.
    func secretVariable(of setting: Setting<Options>) -> String? {
        setting.secretName.map(variable(named:))
    }

    /// Byte by byte: names are ASCII, and each start of a program makes the variable of each setting.
    func variable(named name: String) -> String {
        let dash = UInt8(ascii: "-")
        let bytes = name.utf8.map { $0 == dash ? UInt8(ascii: "_") : $0.uppercased }
        return variablePrefix + String(decoding: bytes, as: UTF8.self)
    }

    /// The flags, which only collect what they are given.
    var flags: FlagTable<GivenFlags> {
        FlagTable(program: program, flags: settings.map(flag) + commands.map { $0.flag })
    }

    /// What can only be on the command line.
    var commands: [CommandFlag] {
        [
            .path("config", "YAML file of settings (or \(fileVariable))") { $0.file = $1 },
            .boolean(
                "check-config",
                "check the settings and their files, say all that is wrong, and exit"
            ) {
                $0.checksConfiguration = $1
            },
            .boolean("print-config", "print the settings in force as YAML, and exit") {
                $0.printsConfiguration = $1
            },
            .boolean("version", "print the version and exit; with --v libraries and licences") {
                $0.showsVersion = $1
            },
            .boolean("v", "with --version: what is linked, and under which licences") {
                $0.isVerbose = $1
            },
            .boolean("help", "print this text and exit") { $0.showsHelp = $1 },
            .boolean("help-all", "print all settings and exit") { $0.showsFullHelp = $1 },
        ]
    }

    private func flag(_ setting: Setting<Options>) -> Flag<GivenFlags> {
        let name = setting.name
        if setting.shape == .boolean {
            return .boolean(name, "") { $0.values.append((name, $1 ? "true" : "false")) }
        }
        return .value(name, word: setting.word, "") { $0.values.append((name, $1)) }
    }
}

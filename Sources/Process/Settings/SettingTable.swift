// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import Text

/// All settings of a program: read from flags, environment variables and a YAML file, in this order of strength.
///
/// A new setting is one line in the program's table and a field with the default in its options. Beside the
/// settings, the table has the flags `--config`, `--print-config`, `--check-config` and `--version`.
package struct SettingTable<Options> {
    let program: String
    /// What it is and how it is called, above the flags in the usage text.
    let synopsis: String
    /// What its exit codes mean, below them.
    let exitCodes: String
    let defaults: Options
    let settings: [Setting<Options>]
    /// What is wrong with the options as a whole.
    let problems: (Options) -> [SettingProblem]
    /// The options with what follows from others filled in.
    let completed: (Options) -> Options

    /// The settings of `program`; `defaults` holds the values of those that are not given.
    package init(
        program: String, synopsis: String = "", exitCodes: String = "", defaults: Options,
        settings: [Setting<Options>],
        problems: @escaping (Options) -> [SettingProblem] = { _ in [] },
        completed: @escaping (Options) -> Options = { $0 }
    ) {
        self.program = program
        self.synopsis = synopsis
        self.exitCodes = exitCodes
        self.defaults = defaults
        self.settings = settings
        self.problems = problems
        self.completed = completed
    }

    func setting(named name: String) -> Setting<Options>? {
        settings.first { $0.name == name }
    }

    /// The environment variable that names the configuration file.
    static var fileVariable: String { Setting<Options>.variablePrefix + "CONFIG" }

    /// The text of `--help`.
    package var usage: String {
        synopsis + flags(withDefaults: true).usage + """
            Each setting is also an environment variable, and a key of the YAML file that --config names:
            --drain-grace is VITALS_DRAIN_GRACE and drain-grace. A flag is stronger than a variable, and
            a variable is stronger than the file.

            """ + exitCodes
    }

    /// The flags, which only collect what they are given. Only the usage text needs their defaults.
    func flags(withDefaults: Bool) -> FlagTable<GivenFlags> {
        let commands: [Flag<GivenFlags>] = [
            .string("config", word: "path", "YAML file of settings (or \(Self.fileVariable))") {
                $0.file = $1
            },
            .boolean("print-config", "print the settings in force as YAML, and exit") {
                $0.printsConfiguration = $1
            },
            .boolean(
                "check-config",
                "check the settings and their files, say all that is wrong, and exit"
            ) {
                $0.checksConfiguration = $1
            },
            .boolean("version", "print the version and exit; with --v libraries and licences") {
                $0.showsVersion = $1
            },
            .boolean("v", "with --version: what is linked, and under which licences") {
                $0.isVerbose = $1
            },
            .boolean("help", "print this text and exit") { $0.showsUsage = $1 },
        ]
        return FlagTable(
            program: program, flags: settings.map { flag($0, withDefaults) } + commands)
    }

    private func flag(_ setting: Setting<Options>, _ withDefault: Bool) -> Flag<GivenFlags> {
        let name = setting.name
        let defaultText = withDefault ? self.defaultText(setting) : ""
        if setting.shape == .boolean {
            return .boolean(name, default: defaultText == "true", setting.help) {
                $0.values.append((name, $1 ? "true" : "false"))
            }
        }
        return .value(name, word: setting.word, default: defaultText, setting.help) {
            $0.values.append((name, $1))
        }
    }

    /// As the usage text shows it: nothing for zero and for "not set".
    private func defaultText(_ setting: Setting<Options>) -> String {
        let text = setting.texts(defaults).joined(separator: ";")
        if ["0", "0s", "0B", "false"].contains(text) { return "" }
        return setting.shape == .text && !text.isEmpty ? PrintableText.quoted(text) : text
    }
}

/// What the command line says.
struct GivenFlags {
    /// Flags of settings, in their order.
    var values: [(name: String, text: String)] = []
    var file: String?
    var printsConfiguration = false
    var checksConfiguration = false
    var showsVersion = false
    var isVerbose = false
    var showsUsage = false
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Text

extension SettingTable {
    /// The text of `--help`, or with `all` of `--help-all`, in lines of at most `width` columns.
    package func help(all: Bool, width: Int = HelpWidth.usual) -> String {
        var help = HelpText(width: width)
        help.add(lines: synopsis)
        for group in groups where !group.isRare { add(group, to: &help) }
        help.add(heading: "Commands")
        for command in commands {
            help.add(name: Self.flag(command.name, command.word), meaning: command.help)
        }
        if all {
            for group in groups where group.isRare { add(group, to: &help) }
        } else {
            let rare = groups.filter { $0.isRare }.map {
                $0.title.prefix(1).lowercased() + $0.title.dropFirst()
            }
            if !rare.isEmpty {
                help.add(
                    paragraph: "\(program) --help-all has more settings: "
                        + rare.joined(separator: ", ") + ".")
            }
        }
        help.add(paragraph: sources)
        help.add(paragraph: exitCodes)
        return help.text
    }

    private func add(_ group: SettingGroup<Options>, to help: inout HelpText) {
        help.add(heading: group.title)
        for setting in group.settings {
            let value = defaultText(setting)
            help.add(
                name: Self.flag(setting.name, setting.word),
                meaning: setting.help + (value.isEmpty ? "" : " (default \(value))"))
        }
    }

    /// As the documents write it: `--port INT`.
    private static func flag(_ name: String, _ word: String) -> String {
        "--" + name + (word.isEmpty ? "" : " " + word.uppercased())
    }

    /// Nothing for a switch that is off, and for "not set".
    private func defaultText(_ setting: Setting<Options>) -> String {
        if let words = setting.defaultWords { return words }
        let text = setting.texts(defaults).joined(separator: ";")
        if setting.shape == .boolean, text == "false" { return "" }
        return setting.shape == .text && !text.isEmpty ? PrintableText.quoted(text) : text
    }

    private var sources: String {
        guard let example = settings.first(where: { $0.name.utf8.contains(UInt8(ascii: "-")) })
        else { return "" }
        return
            "Each setting is also an environment variable, and a key of the YAML file that --config "
            + "names: --\(example.name) is \(variable(of: example)) and \(example.name). A flag is "
            + "stronger than a variable, and a variable is stronger than the file."
    }
}

/// How wide help is.
package enum HelpWidth {
    /// Where standard output is no terminal.
    package static var usual: Int { 80 }

    /// That of the terminal, within reason: a very long line is hard to read.
    package static var ofTerminal: Int {
        let width = Int(clinux_terminal_width(STDOUT_FILENO))
        return width > 0 ? min(width, 120) : usual
    }
}

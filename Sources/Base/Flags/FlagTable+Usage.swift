// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

extension FlagTable {
    /// The flags for a help text: the word stands for the value, and is empty for a boolean.
    package var entries: [(name: String, word: String, help: String, defaultText: String)] {
        flags.map { ($0.name, $0.valueWord, $0.help, $0.default.text) }
    }

    /// The help for all flags by name, in the layout of Go's `flag.PrintDefaults`; ends with an end
    /// of line.
    package var usage: String {
        var text = program.isEmpty ? "Usage:\n" : "Usage of \(program):\n"
        text += synopsis
        let byName = flags.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        for flag in byName {
            text += "  -\(flag.name)"
            if !flag.valueWord.isEmpty { text += " \(flag.valueWord)" }
            // A boolean flag of one letter leaves room for its help on the same line.
            let isShort = flag.valueWord.isEmpty && flag.name.utf8.count == 1
            text += isShort ? "\t" : Self.indentation
            for scalar in flag.help.unicodeScalars {
                text += scalar == "\n" ? Self.indentation : String(scalar)
            }
            let shown = flag.default.text
            if !shown.isEmpty { text += " (default \(shown))" }
            text += "\n"
        }
        return text
    }

    // Four spaces before the tab line up with tab stops of 4 and of 8.
    private static var indentation: String { "\n    \t" }
}

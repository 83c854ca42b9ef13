// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import Flags
import Text

extension FlagError {
    /// For a person, in one line, with flags as the documents write them. ``FlagError/text`` has Go's wording.
    package var settingText: String {
        switch self {
        case .helpRequested: "help requested"
        case .badSyntax(let argument):
            "\(Self.shown(argument)) is no flag: use --name VALUE or --name=VALUE"
        case .notDefined(let name): "unknown flag --\(Self.shown(name))"
        case .missingValue(let name): "--\(name) needs a value"
        case .invalidBoolean(let value, let name, let reason, _):
            "invalid boolean value \(PrintableText.quoted(value)) for --\(name): \(reason)"
        case .invalidValue(let value, let name, let reason, _):
            "invalid value \(PrintableText.quoted(value)) for --\(name): \(reason)"
        }
    }

    private static func shown(_ text: String) -> String { PrintableText.escaped(text, limit: 100) }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// Where the value of a setting comes from; later ones are stronger.
enum SettingOrigin: Equatable, Sendable {
    case byDefault
    /// It follows from other settings.
    case derived
    case file(path: String, FilePlace)
    case environment(variable: String)
    case flag(name: String)

    /// For a person, in one line: "vitals.yaml:3:7".
    var text: String {
        switch self {
        case .byDefault: "default"
        case .derived: "follows from the others"
        case .file(let path, let place):
            "\(PrintableText.escaped(path, limit: 300)):\(place.text)"
        case .environment(let variable): variable
        case .flag(let name): "--" + name
        }
    }
}

/// A place in a text file; both count from 1, columns in characters.
struct FilePlace: Equatable, Sendable {
    var line: Int
    var column: Int

    /// "3:7".
    var text: String { "\(line):\(column)" }
}

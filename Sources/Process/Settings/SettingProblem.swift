// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What is wrong with settings, or probably a mistake, and which settings it is about.
package struct SettingProblem: Equatable, Sendable {
    /// For a person, in one line.
    package let text: String
    /// The names of the settings, without dashes; the most important one first.
    package let settings: [String]

    /// A problem of these settings.
    package init(_ text: String, about settings: [String]) {
        self.text = text
        self.settings = settings
    }

    /// A problem of these settings.
    package init(_ text: String, about settings: String...) { self.init(text, about: settings) }
}

extension SettingReading {
    /// A problem with where the setting that it is about has its value from: before it the place in a file, after it a
    /// variable. A flag is where its name says.
    package func located(_ problem: SettingProblem) -> String {
        for name in problem.settings {
            switch origins[name] {
            case .file: return "\(origins[name]?.text ?? ""): \(problem.text)"
            case .environment(let variable): return "\(problem.text) (set by \(variable))"
            default: continue
            }
        }
        return problem.text
    }
}

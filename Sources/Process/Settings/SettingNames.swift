// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// The settings that a message for a person names, by their flags.
enum SettingNames {
    /// In the order in which they stand there, without the dashes.
    static func all(in text: String) -> [String] {
        text.split { " ,:;()=".contains($0) }.filter { $0.hasPrefix("--") }.map {
            String($0.dropFirst(2))
        }
    }
}

extension SettingReading {
    /// A problem with where the setting that it is about has its value from: before it the place in a file, after it a
    /// variable. A flag is where its name says.
    public func located(_ problem: String) -> String {
        for name in SettingNames.all(in: problem) {
            switch origins[name] {
            case .file: return "\(origins[name]?.text ?? ""): \(problem)"
            case .environment(let variable): return "\(problem) (set by \(variable))"
            default: continue
            }
        }
        return problem
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What YAML may write for the value.
enum SettingShape: Equatable, Sendable {
    /// `true` or `false`, without quotes.
    case boolean
    /// A number without quotes.
    case number
    /// Text; in quotes when YAML would take it for a number or a boolean.
    case text
    /// A word of ours, such as `10s`, `100MiB` or `require`, with or without quotes.
    case word
}

/// A value of a setting, for a log.
package enum SettingValue: Equatable, Sendable {
    case boolean(Bool)
    case number(Int)
    case text(String)
}

extension SettingShape {
    /// What a text that was read stands for.
    func value(_ text: String) -> SettingValue {
        switch self {
        case .boolean: .boolean(text == "true")
        case .number: Int(text).map { .number($0) } ?? .text(text)
        case .text, .word: .text(text)
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// One flag of a program: its name, its help, and how its value changes the options.
package struct Flag<Options> {
    /// Puts a value into the options, or says why it cannot.
    package typealias Apply = (inout Options, String) throws(FlagValueError) -> Void

    let name: String
    /// The placeholder for the value in the usage text; empty for a boolean.
    let valueWord: String
    let isBoolean: Bool
    let help: String
    /// The default; the usage text shows it, unless it is zero.
    let `default`: FlagDefault
    let apply: Apply

    /// A flag whose value is read by `apply`.
    package static func value(
        _ name: String, word: String = "value", default: FlagDefault = .none, _ help: String,
        apply: @escaping Apply
    ) -> Flag {
        Flag(
            name: name, valueWord: word, isBoolean: false, help: help, default: `default`,
            apply: apply)
    }

    /// A flag that is on or off, and off unless it is given or `default` says otherwise.
    package static func boolean(
        _ name: String, default: Bool = false, _ help: String,
        set: @escaping (inout Options, Bool) -> Void
    ) -> Flag {
        Flag(
            name: name, valueWord: "", isBoolean: true, help: help,
            default: `default` ? "true" : .none,
            apply: { (options, text) throws(FlagValueError) in
                set(&options, try FlagValue.boolean(text))
            })
    }

    /// A flag that takes any text.
    package static func string(
        _ name: String, word: String = "string", default: String = "", _ help: String,
        set: @escaping (inout Options, String) -> Void
    ) -> Flag {
        .value(
            name, word: word, default: `default`.isEmpty ? .none : .quoted(`default`), help,
            apply: { (options, text) throws(FlagValueError) in set(&options, text) })
    }

    /// A flag that takes a whole number within `range`.
    package static func integer(
        _ name: String, word: String = "int", default: Int = 0,
        in range: ClosedRange<Int> = .min ... .max, _ help: String,
        set: @escaping (inout Options, Int) -> Void
    ) -> Flag {
        .value(
            name, word: word, default: .integer(`default`), help,
            apply: { (options, text) throws(FlagValueError) in
                set(&options, try FlagValue.integer(text, in: range))
            })
    }

    /// A flag that takes a duration as Go writes it, such as `300ms` or `1m30s`.
    package static func duration(
        _ name: String, word: String = "duration", default: Duration = .zero, _ help: String,
        set: @escaping (inout Options, Duration) -> Void
    ) -> Flag {
        .value(
            name, word: word, default: .duration(`default`), help,
            apply: { (options, text) throws(FlagValueError) in
                set(&options, try FlagValue.duration(text))
            })
    }

    /// A flag that takes a number of bytes, such as `100MiB`.
    package static func size(
        _ name: String, word: String = "size", default: Int64 = 0, _ help: String,
        set: @escaping (inout Options, Int64) -> Void
    ) -> Flag {
        .value(
            name, word: word, default: .size(`default`), help,
            apply: { (options, text) throws(FlagValueError) in
                set(&options, try FlagValue.size(text))
            })
    }
}

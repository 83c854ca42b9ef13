// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// All flags of a program, read as Go's `flag` package reads them.
///
/// `-name value`, `-name=value` and `--name` mean the same, a boolean takes its value only after `=`,
/// and the last of a repeated flag wins. A bare `--` or the first argument that is not a flag ends the
/// flags.
package struct FlagTable<Options> {
    /// How the reason for a refused value is worded.
    package enum Wording: Sendable {
        /// A clear reason.
        case plain
        /// Go's wording, such as `parse error`: for a program that replaces one written in Go.
        case go
    }

    let program: String
    let synopsis: String
    let wording: Wording
    let flags: [Flag<Options>]

    /// A table for `program`, which the usage text names; with an empty name that text starts with
    /// `Usage:`, and with `synopsis` where there is one.
    package init(
        program: String, synopsis: String = "", wording: Wording = .plain, flags: [Flag<Options>]
    ) {
        self.program = program
        self.synopsis = synopsis
        self.wording = wording
        self.flags = flags
    }

    /// Reads `arguments` (without the program's name) into `options`, which holds the defaults.
    ///
    /// The result is what follows the flags. It stops at the first error; what came before it is
    /// then set.
    @discardableResult
    package func parse(
        _ arguments: [String], into options: inout Options
    ) throws(FlagError) -> ArraySlice<String> {
        var rest = arguments[...]
        try parse(&rest, into: &options)
        return rest
    }

    /// The same. `rest` then holds what follows the flags, or what follows the flag with the error.
    package func parse(
        _ rest: inout ArraySlice<String>, into options: inout Options
    ) throws(FlagError) {
        while let argument = rest.first {
            // `-` alone usually means standard input: it is not a flag.
            guard argument.utf8.count > 1, argument.utf8.first == Self.minus else { break }
            rest.removeFirst()
            if argument == "--" { break }
            try apply(argument, followedBy: &rest, to: &options)
        }
    }

    private static var minus: UInt8 { UInt8(ascii: "-") }
    private static var equals: UInt8 { UInt8(ascii: "=") }

    private func apply(
        _ argument: String, followedBy rest: inout ArraySlice<String>, to options: inout Options
    ) throws(FlagError) {
        var name = argument.utf8.dropFirst()
        if name.first == Self.minus { name.removeFirst() }
        guard let first = name.first, first != Self.minus, first != Self.equals else {
            throw .badSyntax(argument: argument)
        }
        var value: String?
        if let equals = name.firstIndex(of: Self.equals) {
            value = String(argument[equals...].utf8.dropFirst())
            name = name[..<equals]
        }
        guard let flag = flag(named: String(Substring(name))) else {
            let name = String(Substring(name))
            if name == "h" || name == "help" { throw .helpRequested }
            throw .notDefined(name: name)
        }
        if flag.isBoolean { return try set(flag, to: value ?? "true", in: &options) }
        guard let value = value ?? rest.popFirst() else { throw .missingValue(name: flag.name) }
        try set(flag, to: value, in: &options)
    }

    /// The names of all flags.
    package var names: [String] { flags.map { $0.name } }

    /// The flag that an unknown `name` may be a misspelling of.
    package func nearest(to name: String) -> String? {
        Spelling.nearest(to: name, in: names)
    }

    private func flag(named name: String) -> Flag<Options>? {
        flags.first { $0.name == name }
    }

    /// What to write instead, where the error's text does not say it.
    package func hint(on error: FlagError) -> String? {
        switch error {
        case .helpRequested, .badSyntax, .missingValue: nil
        case .notDefined(let name): nearest(to: name).map { "did you mean -\($0)?" }
        case .invalidBoolean(_, _, _, let hint), .invalidValue(_, _, _, let hint): hint
        }
    }

    /// Explains what ended the flags before `rest`; nil when nothing is left.
    package func hint(on rest: ArraySlice<String>, of arguments: [String]) -> String? {
        guard let first = rest.first else { return nil }
        let before = arguments.dropLast(rest.count).last ?? ""
        let end = PrintableText.quoted(before == "--" ? before : first)
        let name = String(Substring(before.utf8.drop { $0 == Self.minus }))
        let isValue = flag(named: name)?.isBoolean == true && FlagValue.isBoolean(first)
        return "the flags end at \(end), what follows is not read"
            + (isValue ? ": use -\(name)=\(first)" : "")
    }

    private func set(
        _ flag: Flag<Options>, to value: String, in options: inout Options
    ) throws(FlagError) {
        do throws(FlagValueError) {
            try flag.apply(&options, value)
        } catch {
            let reason = wording == .go ? error.goReason : error.reason
            let hint = reason == error.reason ? nil : error.reason
            throw flag.isBoolean
                ? .invalidBoolean(value: value, name: flag.name, reason: reason, hint: hint)
                : .invalidValue(value: value, name: flag.name, reason: reason, hint: hint)
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// Why the command line could not be read. The texts are those of Go's `flag` package.
package enum FlagError: Error, Equatable, Sendable {
    /// `-h` or `-help` was asked for, which the table does not define: no error, print the usage.
    case helpRequested
    /// An argument such as `---addr` or `-=x`.
    case badSyntax(argument: String)
    /// No flag of the table has this name.
    case notDefined(name: String)
    /// The last argument is a flag without its value.
    case missingValue(name: String)
    /// A boolean flag has another value than true or false. `hint` adds what Go's reason lacks.
    case invalidBoolean(value: String, name: String, reason: String, hint: String?)
    /// The flag does not take this value.
    case invalidValue(value: String, name: String, reason: String, hint: String?)

    /// For a person: one line, without an end of line.
    package var text: String {
        switch self {
        case .helpRequested:
            "flag: help requested"
        case .badSyntax(let argument):
            "bad flag syntax: \(argument)"
        case .notDefined(let name):
            "flag provided but not defined: -\(name)"
        case .missingValue(let name):
            "flag needs an argument: -\(name)"
        case .invalidBoolean(let value, let name, let reason, _):
            "invalid boolean value \(PrintableText.quoted(value)) for -\(name): \(reason)"
        case .invalidValue(let value, let name, let reason, _):
            "invalid value \(PrintableText.quoted(value)) for flag -\(name): \(reason)"
        }
    }
}

/// Why a flag does not take a value.
package struct FlagValueError: Error, Equatable, Sendable {
    /// For a person: what is wrong, and what to write instead.
    package let reason: String
    /// The wording of Go's `flag` package, for programs that replace one written in Go.
    package let goReason: String

    /// A reason that is the same in both wordings.
    package init(_ reason: String) { self.init(reason, go: reason) }

    init(_ reason: String, go goReason: String) {
        self.reason = reason
        self.goReason = goReason
    }

    static func malformed(_ reason: String) -> FlagValueError {
        FlagValueError(reason, go: "parse error")
    }

    static func outOfRange(_ reason: String) -> FlagValueError {
        FlagValueError(reason, go: "value out of range")
    }
}

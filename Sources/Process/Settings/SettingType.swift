// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import Flags
import Text

/// How one kind of value is written and read: in a flag, an environment variable and a file alike.
package struct SettingType<Value> {
    /// Why a text is no such value.
    package typealias Refusal = FlagValueError

    /// What stands for the value in the usage text; empty for a boolean.
    let word: String
    let shape: SettingShape
    let parse: (String) throws(Refusal) -> Value
    /// What ``parse`` reads as the same value; nil when that is "not set".
    let print: (Value) -> String?
    /// What a message shows of a value that is refused: nothing that may be a password.
    package var shown: (String) -> String = { $0 }
}

extension SettingType where Value == Bool {
    /// `true` or `false`.
    package static var boolean: SettingType {
        SettingType(word: "", shape: .boolean, parse: FlagValue.boolean) { $0 ? "true" : "false" }
    }
}

extension SettingType where Value: FixedWidthInteger {
    /// A whole number within `range`.
    package static func integer(in range: ClosedRange<Value>) -> SettingType {
        SettingType(
            word: "int", shape: .number,
            parse: { text throws(Refusal) in
                let bounds = Int(clamping: range.lowerBound)...Int(clamping: range.upperBound)
                return Value(clamping: try FlagValue.integer(text, in: bounds))
            },
            print: { "\($0)" })
    }

    /// A number of bytes, such as `100MiB`.
    package static func size(in range: ClosedRange<Value>) -> SettingType {
        SettingType(
            word: "size", shape: .word,
            parse: { text throws(Refusal) in
                let bytes = try FlagValue.size(text)
                guard let value = Value(exactly: bytes), range.contains(value) else {
                    let least = SizeText.exact(Int64(clamping: range.lowerBound))
                    let most = SizeText.exact(Int64(clamping: range.upperBound))
                    throw FlagValueError("out of range: use a size from \(least) to \(most)")
                }
                return value
            },
            print: { SizeText.exact(Int64(clamping: $0)) })
    }
}

extension SettingType where Value == Int64 {
    /// A number of bytes, such as `100MiB`.
    package static var size: SettingType { .size(in: 0 ... .max) }
}

extension SettingType where Value == Duration {
    /// A duration as Go writes it, such as `300ms` or `1m30s`; zero is one.
    package static var duration: SettingType { .duration(canBeZero: true) }

    /// A duration that is more than zero.
    package static var positiveDuration: SettingType { .duration(canBeZero: false) }

    private static func duration(canBeZero: Bool) -> SettingType {
        SettingType(
            word: "duration", shape: .word,
            parse: { text throws(Refusal) in
                let duration = try FlagValue.duration(text)
                if duration < .zero { throw FlagValueError("it must not be negative") }
                if duration == .zero, !canBeZero {
                    throw FlagValueError("it must be more than 0")
                }
                return duration
            },
            print: { $0.goText })
    }
}

extension SettingType where Value == String {
    /// Any text; empty is "not set".
    package static var text: SettingType { .text("string") }

    /// The name of a file or folder; empty is "not set".
    package static var path: SettingType { .text("path") }

    /// Any text, with the word that stands for it in the usage text; empty is "not set".
    package static func text(_ word: String) -> SettingType {
        .text(
            word, parse: { text throws(Refusal) in text }, print: { $0.isEmpty ? nil : $0 })
    }
}

extension SettingType {
    /// A value that is written as text. `print` is nil for "not set".
    package static func text(
        _ word: String, parse: @escaping (String) throws(Refusal) -> Value,
        print: @escaping (Value) -> String?
    ) -> SettingType {
        SettingType(word: word, shape: .text, parse: parse, print: print)
    }
}

extension SettingType {
    /// A URL that is written as text. One that is refused may hold a password: it is not shown then.
    package static func url(
        _ word: String = "url", parse: @escaping (String) throws(Refusal) -> Value,
        print: @escaping (Value) -> String?
    ) -> SettingType {
        SettingType(
            word: word, shape: .text, parse: parse, print: print,
            shown: { $0.utf8.contains { "@?#".utf8.contains($0) } ? "(not shown)" : $0 })
    }
}

extension SettingType
where Value: CaseIterable & RawRepresentable & Equatable, Value.RawValue == String {
    /// One of the cases, by its name.
    package static func choice(_ word: String) -> SettingType {
        SettingType(
            word: word, shape: .word,
            parse: { text throws(Refusal) in
                if let value = Value(rawValue: text) { return value }
                var names = Value.allCases.map { $0.rawValue }
                let last = names.popLast() ?? ""
                let list = names.joined(separator: ", ")
                throw FlagValueError("use \(names.isEmpty ? last : "\(list) or \(last)")")
            },
            print: { $0.rawValue })
    }
}

extension SettingType {
    /// The same for a value that may be missing.
    package static func optional<Wrapped>(
        _ type: SettingType<Wrapped>
    ) -> SettingType where Value == Wrapped? {
        SettingType(
            word: type.word, shape: type.shape,
            parse: { text throws(Refusal) in try type.parse(text) },
            print: { $0.flatMap(type.print) }, shown: type.shown)
    }
}

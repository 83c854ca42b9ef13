// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckEngine
package import CheckScheduling
package import Flags
package import Settings
import Text

/// A check as it is configured: what every check has, and its kind with the target.
package struct CheckSetting: Sendable {
    package let definition: CheckDefinition
    package let kind: any CheckKind
    /// The name of the kind: `http`.
    package let kindName: String
    /// The options of its kind, as they were written.
    private let options: [SettingRecord.Field]
    /// What is allowed, but probably a mistake.
    package let warnings: [String]

    /// Options whose values may be secrets.
    private static let hiddenOptions = ["header", "arg", "command", "progress"]

    /// Reads a check with fields, as in a file.
    package init(_ record: SettingRecord, _ kinds: CheckKinds) throws(SettingRecordError) {
        var fields: [String: [String]] = [:]
        for field in record.fields { fields[field.name, default: []] += field.values }
        var options = CheckOptions(fields)
        do throws(CheckOptionError) {
            try self.init(&options, kinds)
        } catch {
            throw SettingRecordError(error.option, error.text)
        }
    }

    /// Reads a check in one line, as in a flag: `KIND:TARGET[,option[=value]]...`.
    package init(line: String, _ kinds: CheckKinds) throws(FlagValueError) {
        do throws(CheckOptionError) {
            var options = try CheckLine.options(line)
            try self.init(&options, kinds)
        } catch {
            throw FlagValueError(error.text)
        }
    }

    init(_ options: inout CheckOptions, _ kinds: CheckKinds) throws(CheckOptionError) {
        guard let kindName = try options.take("kind") else {
            throw CheckOptionError("kind", "is missing: use one of \(kinds.names)")
        }
        let target = try options.take("target")
        let timing = try GivenTiming(&options)
        var definition = try Self.definition(&options, kindName)
        // What every check has is taken: the rest is for the kind.
        kind = try kinds.make(kindName, target, options.ofKind)
        definition.timing = timing.derived(kind.detectWithin)
        try kind.check(definition.timing)
        self.definition = definition
        warnings = timing.warnings(of: definition, kind.detectWithin)
        self.options = options.all.map { name, values in
            .init(name, Self.hiddenOptions.contains(name) ? values.map { _ in "***" } : values)
        }
        self.kindName = kindName
    }

    private static func definition(
        _ options: inout CheckOptions, _ kindName: String
    ) throws(CheckOptionError) -> CheckDefinition {
        let name = try options.take("name", nameWords) { isName($0) ? $0 : nil } ?? kindName
        let isCritical = try options.takeFlag("critical")
        let weight = try options.take("weight", "a number that is not negative") { text in
            CheckNumber.decimal(text).flatMap { $0 >= 0 ? $0 : nil }
        }
        let groups = try names("groups", &options)
        return CheckDefinition(
            name, isCritical: isCritical, weight: weight ?? 1,
            groups: groups.isEmpty ? ["readiness"] : groups, needs: try names("needs", &options),
            isDry: try options.takeFlag("dry"))
    }

    private static let nameWords = "letters, digits, and . _ - between them, 63 at most"

    /// A name is a part of a path and of a label: nothing has to be escaped there.
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 63 else { return false }
        return (first.isLetter || first.isDigit)
            && text.utf8.allSatisfy { $0.isLetter || $0.isDigit || "._-".utf8.contains($0) }
    }

    /// Several values, or one with commas.
    private static func names(
        _ name: String, _ options: inout CheckOptions
    ) throws(CheckOptionError) -> [String] {
        let names = options.takeAll(name).flatMap { value in
            value.utf8.split(separator: UInt8(ascii: ",")).map {
                String(decoding: Array($0), as: UTF8.self)
            }
        }
        for text in names where !isName(text) {
            let shown = PrintableText.quoted(PrintableText.prefix(of: text, bytes: 100))
            throw CheckOptionError(name, "has the name \(shown): use \(nameWords)")
        }
        return names
    }
}

extension CheckSetting {
    /// The check with all that was derived, for printing; without secrets.
    package var record: SettingRecord {
        let timing = definition.timing
        var fields: [SettingRecord.Field] = [
            .init("name", [definition.name]), .init("kind", [kindName]),
            .init("groups", definition.groups), .init("critical", [String(definition.isCritical)]),
            .init("weight", [String(definition.weight)]),
            .init("interval", [timing.interval.goText]),
            .init("timeout", [timing.timeout.goText]), .init("fall", [String(timing.fall)]),
            .init("rise", [String(timing.rise)]),
        ]
        let target = kind.targetText
        if !target.isEmpty { fields.insert(.init("target", [target]), at: 2) }
        if !definition.needs.isEmpty { fields.append(.init("needs", definition.needs)) }
        if definition.isDry { fields.append(.init("dry", ["true"])) }
        fields += options
        return SettingRecord(fields)
    }
}

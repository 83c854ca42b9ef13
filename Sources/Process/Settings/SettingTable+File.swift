// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import SystemIO
import Text

extension SettingTable {
    /// Puts what the file says into the options; false when the file could not be read to its end.
    func readFile(_ path: String, _ reading: inout SettingReading<Options>) -> Bool {
        let shownPath = PrintableText.escaped(path, limit: 300)
        let bytes: [UInt8]
        do throws(SystemCallError) {
            bytes = try FileDescriptor.open(path).readAll(limit: SettingFile.maxSize + 1)
        } catch {
            reading.problems.append("cannot read the settings of \(shownPath): \(error.text)")
            return false
        }
        return use(bytes, of: path, &reading)
    }

    /// Reads the text of a file alone; `name` is what problems call it.
    package func read(file bytes: [UInt8], named name: String) -> SettingReading<Options> {
        var reading = SettingReading(defaults)
        let isComplete = use(bytes, of: name, &reading)
        finish(knowsFile: isComplete, &reading)
        return reading
    }

    private func use(
        _ bytes: [UInt8], of path: String, _ reading: inout SettingReading<Options>
    ) -> Bool {
        let shownPath = PrintableText.escaped(path, limit: 300)
        guard bytes.count <= SettingFile.maxSize else {
            let limit = SizeText.exact(Int64(SettingFile.maxSize))
            reading.problems.append("\(shownPath) is too large for settings: at most \(limit)")
            return false
        }
        let file = SettingFile(bytes)
        var problems = file.problems
        for entry in file.entries { use(entry, of: path, &problems, &reading) }
        problems.sort { ($0.place.line, $0.place.column) < ($1.place.line, $1.place.column) }
        for problem in problems.prefix(Self.maxProblems) {
            reading.problems.append("\(shownPath):\(problem.place.text): \(problem.text)")
        }
        if problems.count > Self.maxProblems {
            reading.problems.append(
                "\(shownPath): \(problems.count - Self.maxProblems) more problems")
        }
        return file.isComplete
    }

    /// Of one file that are told.
    private static var maxProblems: Int { 50 }

    private func use(
        _ entry: SettingFile.Entry, of path: String, _ problems: inout [SettingFile.Problem],
        _ reading: inout SettingReading<Options>
    ) {
        guard let setting = settings.first(where: { $0.fileName == entry.name }) else {
            let isTold = problems.count < Self.maxProblems
            if let text = unknown(entry, isTold: isTold) {
                problems.append(.init(place: entry.place, text: text))
            }
            return
        }
        let elements: [SettingFile.Element]
        switch entry.value {
        case .scalar(let scalar): elements = [.scalar(scalar)]
        case .list(let list) where setting.isList: elements = list
        case .list:
            problems.append(
                .init(place: entry.place, text: "\(entry.name) takes one value and no list"))
            return
        }
        setting.clear(&reading.options)
        reading.origins[setting.name] = .file(path: path, entry.place)
        for element in elements {
            if let problem = add(element, to: setting, &reading) {
                reading.wrong.insert(setting.name)
                problems.append(problem)
            }
        }
    }

    /// Puts one element into the options; what is wrong with it.
    private func add(
        _ element: SettingFile.Element, to setting: Setting<Options>,
        _ reading: inout SettingReading<Options>
    ) -> SettingFile.Problem? {
        switch element {
        case .scalar(let scalar):
            do throws(FlagValueError) {
                try setting.shape.check(scalar)
                try setting.add(&reading.options, scalar.text)
            } catch {
                let shown = PrintableText.prefix(of: setting.shown(scalar.text), bytes: 100)
                return .init(
                    place: scalar.place,
                    text: "invalid value \(PrintableText.quoted(shown)) for \(setting.fileName): "
                        + error.reason)
            }
        case .record(let fields, let place):
            guard let records = setting.records else {
                return .init(place: place, text: "a list holds single values only")
            }
            do throws(SettingRecordError) {
                try records.add(&reading.options, SettingRecord(fields))
            } catch {
                let field = fields.first { $0.name == error.field }
                return .init(
                    place: field?.values.first?.place ?? field?.place ?? place, text: error.text)
            }
        }
        return nil
    }

    /// What is wrong with a key that names no setting.
    private func unknown(_ entry: SettingFile.Entry, isTold: Bool) -> String? {
        if case .scalar(let scalar) = entry.value, scalar.isNull,
            settings.contains(where: { $0.fileName.hasPrefix(entry.name + "-") })
        {
            return nil  // a section with nothing in it
        }
        let variable = variable(named: entry.name)
        if settings.contains(where: { secretVariable(of: $0) == variable }) {
            return "\(entry.name) is a secret, which has no place in this file: "
                + "use \(entry.name)-file, or \(variable)"
        }
        // Only for those: a file may have thousands.
        let nearest = isTold ? NearestName.find(entry.name, in: settings.map { $0.fileName }) : nil
        return "unknown setting \(PrintableText.quoted(entry.name)): "
            + (nearest.map { "did you mean \($0)?" } ?? "see --help-all for the names")
    }
}

extension SettingShape {
    /// Whether YAML's type of the value is the setting's, by YAML's core schema.
    func check(_ scalar: SettingFile.Scalar) throws(FlagValueError) {
        if scalar.isNull { throw FlagValueError("no value: write one, or remove the line") }
        if scalar.text.utf8.contains(0) { throw FlagValueError("it has a NUL in it") }
        switch self {
        case .boolean:
            guard scalar.isPlain, scalar.text == "true" || scalar.text == "false" else {
                throw FlagValueError("not a boolean: use true or false, without quotes")
            }
        case .number:
            if !scalar.isPlain { throw FlagValueError("text, not a number: remove the quotes") }
        case .text:
            if scalar.isPlain, YAMLText.isOfAnotherType(scalar.text) {
                throw FlagValueError("not text for YAML: put it in quotes")
            }
        case .word: break
        }
    }
}

extension SettingFile.Scalar {
    /// `null`, `~` or nothing at all, without quotes.
    var isNull: Bool { isPlain && YAMLText.nulls.contains(text) }
}

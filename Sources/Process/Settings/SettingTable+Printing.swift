// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

extension SettingTable {
    /// The settings in force as a file of settings, with where each comes from; secrets are left out.
    package func printed(_ reading: SettingReading<Options>) -> String {
        var text = "# The settings of \(program) in force, and where each comes from.\n"
        for setting in settings { text += line(of: setting, reading) }
        return text
    }

    /// The settings that differ from the defaults, each with its values; of a secret, only the name of its file. Only those
    /// `among` some names, where these are given: to look at one costs the making of its key path.
    package func changes(
        in options: Options, among names: Set<String>? = nil
    ) -> [(name: String, values: [SettingValue])] {
        let defaults = completed(defaults)
        var changes: [(name: String, values: [SettingValue])] = []
        for setting in settings where names?.contains(setting.name) != false {
            let texts = setting.texts(options)
            if texts == setting.texts(defaults) { continue }
            changes.append((setting.name, texts.map { setting.shape.value($0) }))
        }
        return changes
    }

    private func line(
        of setting: Setting<Options>, _ reading: SettingReading<Options>
    ) -> String {
        let origin = reading.origins[setting.name] ?? .byDefault
        if let records = setting.records {
            return lines(of: records.all(reading.options), setting.fileName, origin)
        }
        let values = setting.texts(reading.options).map { text in
            switch setting.shape {
            case .boolean, .number: text
            case .text: YAMLText.text(text)
            case .word: YAMLText.word(text)
            }
        }
        if setting.isList, values.count != 1 {
            let elements = values.map { "\n  - \($0)" }.joined()
            let empty = values.isEmpty ? " []" : ""
            return "\(setting.name):\(empty)  # \(origin.text)\(elements)\n"
        }
        if let value = values.first { return "\(setting.name): \(value)  # \(origin.text)\n" }
        if case .environment(let variable) = origin, variable != self.variable(of: setting),
            setting.secretName != nil
        {
            return "# \(setting.name): the secret itself is in \(variable)\n"
        }
        // Read again, a comment would mean the default.
        let isDefault = setting.texts(defaults).isEmpty
        return isDefault
            ? "# \(setting.name): not set  # \(origin.text)\n"
            : "\(setting.name): \"\"  # \(origin.text)\n"
    }

    private func lines(
        of records: [SettingRecord], _ name: String, _ origin: SettingOrigin
    ) -> String {
        let start = "\(name):\(records.isEmpty ? " []" : "")  # \(origin.text)\n"
        return start
            + records.map { record in
                record.fields.enumerated().map { index, field in
                    let values = field.values.map(YAMLText.word)
                    let text = values.count == 1 ? values[0] : "[\(values.joined(separator: ", "))]"
                    return "  \(index == 0 ? "-" : " ") \(field.name): \(text)\n"
                }.joined()
            }.joined()
    }
}

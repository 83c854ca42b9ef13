// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags

/// One setting of a program, defined once: its name, how it is read and printed, its help, and where it goes.
///
/// The line `.value("drain-grace", \.drainGrace, .duration, "time in which ...")` makes the flag `--drain-grace`, the
/// environment variable `VITALS_DRAIN_GRACE` (of a program whose variables begin with `VITALS_`) and the key `drain-grace` of a configuration file. The default is what
/// the field holds in the options that the table is made with. The key paths are autoclosures: making one costs time
/// and memory, and most settings are not given.
package struct Setting<Options> {
    /// As in the flag; lower case with dashes.
    let name: String
    let word: String
    let shape: SettingShape
    let help: String
    let isList: Bool
    /// The default in words, where the value itself does not say it.
    var defaultWords: String?
    /// An older environment variable with the same meaning.
    var otherVariable: String?
    /// For a secret's file: the name whose environment variable may hold the secret itself.
    var secretName: String?
    /// One that other programs take the same secret from: the weakest of all sources.
    var commonSecretVariable: String?

    /// What a message shows of a value that is refused.
    var shown: (String) -> String = { $0 }

    /// Reads one value into the options; of a list, one element more.
    let add: (inout Options, String) throws(FlagValueError) -> Void
    /// Empties a list, before the values of a stronger source.
    let clear: (inout Options) -> Void
    /// The value, or a list's elements, as ``add`` reads them; empty when there is none.
    let texts: (Options) -> [String]
    /// How the elements of a list are read and printed as mappings; nil where they have no fields.
    var records: Records?
    /// Takes the value of ``secretName``'s variable.
    var takeSecret: (inout Options, String) -> Void = { _, _ in }

    /// A list whose elements have fields.
    struct Records {
        /// The key in a file: the plural of the flag, which is repeated.
        let fileName: String
        /// Reads one mapping into the options.
        let add: (inout Options, SettingRecord) throws(SettingRecordError) -> Void
        /// The elements as mappings.
        let all: (Options) -> [SettingRecord]
    }

    /// A setting with one value. `default` is what the default comes to, in words, where the value of the field does not
    /// say it; `variable` is an environment variable that means the same.
    package static func value<Value>(
        _ name: String, _ field: @autoclosure @escaping () -> WritableKeyPath<Options, Value>,
        _ type: SettingType<Value>,
        _ help: String, default: String? = nil, variable: String? = nil
    ) -> Setting {
        Setting(
            name: name, word: type.word, shape: type.shape, help: help, isList: false,
            defaultWords: `default`, otherVariable: variable, shown: type.shown,
            add: { (options, text) throws(FlagValueError) in
                options[keyPath: field()] = try type.parse(text)
            },
            clear: { _ in },
            texts: { options in type.print(options[keyPath: field()]).map { [$0] } ?? [] })
    }

    /// A setting with several values: a repeated flag, a list in a file, and `;` between them in a variable.
    package static func list<Value>(
        _ name: String, _ field: @autoclosure @escaping () -> WritableKeyPath<Options, [Value]>,
        _ type: SettingType<Value>,
        _ help: String
    ) -> Setting {
        Setting(
            name: name, word: type.word, shape: type.shape, help: help, isList: true,
            add: { (options, text) throws(FlagValueError) in
                // Empty is how a flag or a variable says that there are none.
                if !text.isEmpty { options[keyPath: field()].append(try type.parse(text)) }
            },
            clear: { $0[keyPath: field()] = [] },
            texts: { options in options[keyPath: field()].compactMap(type.print) })
    }

    /// A setting with several values that have fields: mappings in a file, where its key is `fileName`, or one line each, as in
    /// a flag. A problem of a field names it.
    package static func records<Value>(
        _ name: String, in fileName: String,
        _ field: @autoclosure @escaping () -> WritableKeyPath<Options, [Value]>,
        _ type: SettingType<Value>,
        parse: @escaping (SettingRecord) throws(SettingRecordError) -> Value,
        print: @escaping (Value) -> SettingRecord, _ help: String
    ) -> Setting {
        var setting = Setting.list(name, field(), type, help)
        setting.records = Records(
            fileName: fileName,
            add: { (options, record) throws(SettingRecordError) in
                options[keyPath: field()].append(try parse(record))
            },
            all: { options in options[keyPath: field()].map(print) })
        setting.shown = type.shown
        return setting
    }

    /// A secret, such as a key: named by its file (`--NAME-file`), or given by its variable without `_FILE`; never by
    /// a flag or in a file of settings, and never printed. `variable` is one that others know as well; it is used
    /// when nothing else is given.
    package static func secret(
        _ name: String, _ field: @autoclosure @escaping () -> WritableKeyPath<Options, Secret>,
        _ help: String,
        variable: String? = nil
    ) -> Setting {
        Setting(
            name: name + "-file", word: "path", shape: .text, help: help, isList: false,
            secretName: name, commonSecretVariable: variable,
            add: { (options, text) throws(FlagValueError) in
                options[keyPath: field()] = text.isEmpty ? .none : .file(text)
            },
            clear: { _ in },
            texts: { options in options[keyPath: field()].path.map { [$0] } ?? [] },
            takeSecret: { options, text in options[keyPath: field()] = .value(text) })
    }

    /// The key in a file.
    var fileName: String { records?.fileName ?? name }
}

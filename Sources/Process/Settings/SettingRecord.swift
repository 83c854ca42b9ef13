// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// A value with fields, such as a check: a mapping in a list of a file of settings.
package struct SettingRecord: Equatable, Sendable {
    /// One field with its values, as they were written.
    package struct Field: Equatable, Sendable {
        package let name: String
        package let values: [String]

        /// A field.
        package init(_ name: String, _ values: [String]) {
            self.name = name
            self.values = values
        }
    }

    package let fields: [Field]

    /// A record.
    package init(_ fields: [Field]) { self.fields = fields }

    init(_ fields: [SettingFile.Field]) {
        self.fields = fields.map { Field($0.name, $0.values.map(\.text)) }
    }
}

/// What is wrong with a record.
package struct SettingRecordError: Error, Equatable {
    /// The field; nil for the record as a whole.
    package let field: String?
    /// What is wrong, and what to do.
    package let text: String

    /// A problem of a field.
    package init(_ field: String?, _ text: String) {
        self.field = field
        self.text = text
    }
}

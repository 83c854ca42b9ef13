// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Which files are read again.
package struct Reload: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    /// Those of the models.
    package static let models = Reload(rawValue: 1)
    /// The server's certificates and keys.
    package static let certificates = Reload(rawValue: 2)
    /// The API key for the model server, and its CAs.
    package static let modelServer = Reload(rawValue: 4)

    /// What came of one part.
    package struct Result: Equatable, Sendable {
        /// Such as `model/demo`.
        package let name: String
        /// What is wrong with its files, for an operator; nil when they are in use now.
        package let failure: String?

        init(_ name: String, _ failure: String?) {
            self.name = name
            self.failure = failure
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What flags, environment and file come to.
package struct SettingReading<Options> {
    /// What the program was asked to do.
    package enum Command: Equatable, Sendable {
        case run
        /// `--help`, or `--help-all`
        case printHelp(all: Bool)
        /// `--version`
        case printVersion
        /// `--version --v`
        case printNotices
        /// `--print-config`
        case printConfiguration
        /// `--check-config`
        case checkConfiguration
    }

    package internal(set) var options: Options
    package internal(set) var command = Command.run
    /// What is wrong, a line each; empty when the options can be used.
    package internal(set) var problems: [String] = []
    /// What is odd but no reason to stop, a line each.
    package internal(set) var warnings: [String] = []
    /// Of each setting that was given a value, by its name.
    var origins: [String: SettingOrigin] = [:]
    /// The names of the settings that were given a value.
    package var given: Set<String> { Set(origins.keys) }
    /// Settings that were given a value that cannot be.
    var wrong: Set<String> = []

    init(_ options: Options) { self.options = options }
}

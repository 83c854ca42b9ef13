// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What flags, environment and file come to.
public struct SettingReading<Options> {
    /// What the program was asked to do.
    public enum Command: Equatable, Sendable {
        case run
        /// `--help`
        case printUsage
        /// `--version`
        case printVersion
        /// `--version --v`
        case printNotices
        /// `--print-config`
        case printConfiguration
        /// `--check-config`
        case checkConfiguration
    }

    public internal(set) var options: Options
    public internal(set) var command = Command.run
    /// What is wrong, a line each; empty when the options can be used.
    public internal(set) var problems: [String] = []
    /// What is odd but no reason to stop, a line each.
    public internal(set) var warnings: [String] = []
    /// Of each setting that was given a value, by its name.
    var origins: [String: SettingOrigin] = [:]
    /// Settings that were given a value that cannot be.
    var wrong: Set<String> = []

    init(_ options: Options) { self.options = options }
}

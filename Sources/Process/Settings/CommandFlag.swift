// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags

/// A flag that is no setting: it is on the command line only.
struct CommandFlag {
    /// Reads it.
    let flag: Flag<GivenFlags>
    let name: String
    /// What stands for the value in the help; empty for a boolean.
    let word: String
    let help: String

    /// A flag that is on or off.
    static func boolean(
        _ name: String, _ help: String, set: @escaping (inout GivenFlags, Bool) -> Void
    ) -> CommandFlag {
        CommandFlag(flag: .boolean(name, help, set: set), name: name, word: "", help: help)
    }

    /// A flag that takes the name of a file.
    static func path(
        _ name: String, _ help: String, set: @escaping (inout GivenFlags, String) -> Void
    ) -> CommandFlag {
        CommandFlag(
            flag: .string(name, word: "path", help, set: set), name: name, word: "path", help: help)
    }
}

/// What the command line says.
struct GivenFlags {
    /// Flags of settings, in their order.
    var values: [(name: String, text: String)] = []
    var file: String?
    var printsConfiguration = false
    var checksConfiguration = false
    var showsVersion = false
    var isVerbose = false
    var showsHelp = false
    var showsFullHelp = false
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Who reads the exit code.
enum ExitProfile: String {
    /// Docker: 0 and 1 only; it reserves 2.
    case docker
    /// A script: 2 when the command line cannot be read.
    case standard

    /// The profile that arguments name; read before all else, as it decides the code of what is wrong with them.
    init(of arguments: [String]) {
        let names = ["--exit-profile", "-exit-profile"]
        var found = ExitProfile.docker
        for (index, argument) in arguments.enumerated() {
            for name in names {
                if argument == name, index + 1 < arguments.count {
                    found = ExitProfile(rawValue: arguments[index + 1]) ?? found
                } else if argument.hasPrefix(name + "=") {
                    found =
                        ExitProfile(rawValue: String(argument.dropFirst(name.utf8.count + 1)))
                        ?? found
                }
            }
        }
        self = found
    }

    /// For a command line that cannot be read.
    var misuse: CInt { self == .docker ? 1 : 2 }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import HealthWrapper
import Settings
import Text

/// What the commands have in common in how they read their flags.
enum CommandFlags {
    /// Reads arguments that are flags only, and goes on after a mistake. `hidden` are flags whose values may hold a secret.
    static func parse<Options>(
        _ arguments: [String], _ flags: FlagTable<Options>, into options: inout Options,
        hiding hidden: [String] = []
    ) throws(CommandRefusal) {
        var rest = arguments[...]
        var problems: [String] = []
        while true {
            do throws(FlagError) {
                try flags.parse(&rest, into: &options)
                break
            } catch {
                problems.append(text(error, flags, hidden))
                if case .notDefined = error, rest.first?.hasPrefix("-") == false {
                    // Its value, most likely: not a mistake of its own.
                    rest.removeFirst()
                }
            }
        }
        if let stray = rest.first {
            problems.append(
                "unexpected argument \(shown(stray)): each value has its flag (see --help)")
        }
        if !problems.isEmpty { throw CommandRefusal(problems: problems) }
    }

    /// An argument in a message: not one that may be a URL with a secret in it.
    static func shown(_ argument: String) -> String {
        if argument.utf8.contains(where: { "@?#".utf8.contains($0) }) { return "(not shown)" }
        return PrintableText.quoted(PrintableText.prefix(of: argument, bytes: 100))
    }

    private static func text<Options>(
        _ error: FlagError, _ flags: FlagTable<Options>, _ hidden: [String]
    ) -> String {
        switch error {
        case .notDefined(let name) where WrapperFile.names.contains(name):
            return
                "--\(name) is for a command that is run: put -- and the command behind it (see --help)"
        case .notDefined(let name):
            let nearest = flags.nearest(to: name).map { ": did you mean --\($0)?" }
            return error.settingText + (nearest ?? " (see --help)")
        case .invalidValue(_, let name, let reason, _) where hidden.contains(name):
            return "--\(name): \(reason)"
        default: return error.settingText + " (see --help)"
        }
    }

    /// `--timeout`, five seconds by default.
    static func timeout<Options>(
        _ help: String, set: @escaping (inout Options, Duration) -> Void
    ) -> Flag<Options> {
        .value(
            "timeout", word: "DURATION", default: "5s", help,
            apply: { (options, text) throws(FlagValueError) in
                let value = try FlagValue.duration(text)
                guard value > .zero, value <= .seconds(3600) else {
                    throw FlagValueError("out of range: use a duration up to 1h, such as 5s")
                }
                set(&options, value)
            })
    }

    /// `--degraded-is-unhealthy`.
    static func degraded<Options>(
        set: @escaping (inout Options, Bool) -> Void
    ) -> Flag<Options> {
        .boolean("degraded-is-unhealthy", "exit with 1 for what is degraded as well", set: set)
    }

    /// `--exit-profile`, which ``ExitProfile`` has read before all flags.
    static func exitProfile<Options>() -> Flag<Options> {
        .value(
            "exit-profile", word: "docker|standard", default: "docker",
            "docker: exit with 0 or 1 only; standard: 2 for a wrong command line",
            apply: { (_, text) throws(FlagValueError) in
                guard ExitProfile(rawValue: text) != nil else {
                    throw FlagValueError("not a profile: use docker or standard")
                }
            })
    }
}

/// Why a command line cannot be read.
struct CommandRefusal: Error, Equatable {
    /// A line each.
    let problems: [String]
}

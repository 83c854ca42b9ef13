// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckSettings
import Explaining
import Flags
import SystemIO
import WrapperStatus

/// What `healthcheck explain` is asked for.
package struct ExplainOptions {
    /// A check that is described; without one the wrapper of this container is asked.
    package private(set) var check: CheckSetting?
    /// The changes of so long a time as well; nil for none.
    package private(set) var last: Duration?
    /// How the wrapper is asked, and in what form it is told.
    package private(set) var status: StatusOptions

    /// Reads the arguments after `explain`: a check in one line, or flags. All that is wrong is told at once.
    init(arguments: [String]) throws(CommandRefusal) {
        status = StatusOptions()
        if let line = arguments.first, !line.hasPrefix("-") {
            guard arguments.count == 1 else {
                throw CommandRefusal(problems: [
                    "explain takes one check, KIND:TARGET with its options, or flags (see --help)"
                ])
            }
            do throws(FlagValueError) {
                check = try CheckSetting(line: line, .yesOrNo)
            } catch {
                throw CommandRefusal(problems: ["explain: \(error.reason)"])
            }
            return
        }
        if let flag = arguments.first, flag == "--check" || flag.hasPrefix("--check=") {
            throw CommandRefusal(problems: [
                "explain takes a check without --check: healthcheck explain KIND:TARGET"
            ])
        }
        try CommandFlags.parse(arguments, Self.flags, into: &self)
        try status.findSocket()
    }

    /// All flags.
    static var flags: FlagTable<ExplainOptions> {
        FlagTable(
            program: "healthcheck",
            flags: [
                .string(
                    "socket", word: "PATH",
                    "where the wrapper answers, as for status"
                ) { $0.status.socket = $1 },
                .value(
                    "last", word: "DURATION", "also what has changed in that time, such as 1h",
                    apply: { (options, text) throws(FlagValueError) in
                        options.last = try ExplanationRequest.last(text)
                    }),
                CommandFlags.timeout("for the answer") { $0.status.timeout = $1 },
                .boolean("json", "print one JSON document") { $0.status.printsJSON = $1 },
                CommandFlags.exitProfile(),
            ])
    }
}

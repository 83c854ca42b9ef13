// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import SystemIO
import WrapperStatus

/// What `healthcheck status` is asked for.
package struct StatusOptions {
    /// Where the wrapper answers; nil for the usual places.
    package var socket: String?
    package var timeout = Duration.seconds(5)
    /// The report of the wrapper as it is, in place of the lines.
    package var printsJSON = false
    /// What is degraded is a failure.
    package var refusesDegraded = false

    /// Reads the arguments after `status`. All that is wrong is told at once.
    init(arguments: [String]) throws(CommandRefusal) {
        try CommandFlags.parse(arguments, Self.flags, into: &self)
        try findSocket()
    }

    /// Takes the place of the socket from the environment, where no flag has given it.
    mutating func findSocket() throws(CommandRefusal) {
        let variable = StatusSocket.variable
        socket = socket ?? ProgramEnvironment.variables { $0 == variable }[variable]
        if StatusSocket.candidates(given: socket).isEmpty {
            throw CommandRefusal(
                problems: ["the path of the socket is too long: use 107 bytes at most"])
        }
    }

    /// The defaults.
    init() {}

    /// All flags.
    static var flags: FlagTable<StatusOptions> {
        FlagTable(
            program: "healthcheck",
            flags: [
                .string(
                    "socket", word: "PATH",
                    "where the wrapper answers (or \(StatusSocket.variable)); default: /run/healthcheck.sock, "
                        + "/tmp/healthcheck.sock, then the abstract name @healthcheck-N of this PID namespace"
                ) { $0.socket = $1 },
                CommandFlags.timeout("for the answer") { $0.timeout = $1 },
                .boolean("json", "print the wrapper's report, a JSON document") {
                    $0.printsJSON = $1
                },
                CommandFlags.degraded { $0.refusesDegraded = $1 },
                CommandFlags.exitProfile(),
            ])
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import OneShotChecks
import SystemIO

/// Runs checks once, and says what they found.
package enum OneShot {
    /// Runs them, prints the report, and gives the exit code.
    package static func run(_ options: OneShotOptions) -> CInt {
        prepare(options.timeout)
        let results = OneShotRun.results(of: options.checks, within: options.timeout)
        let report = OneShotReport(results, refusesDegraded: options.refusesDegraded)
        StandardStream.output.write(options.printsJSON ? report.json : report.lines)
        StandardStream.error.write(report.reasons)
        return report.exitCode
    }

    /// What comes before checks that have to be over in this time.
    static func prepare(_ timeout: Duration) {
        // A reader that has gone must not end this: the exit code is what counts.
        clinux_ignore_signal(SIGPIPE)
        startHardDeadline(timeout)
    }

    /// Ends the program whatever it is stuck in, such as a file of a dead network share, with the verdict that it has: none.
    private static func startHardDeadline(_ timeout: Duration) {
        clinux_set_last_words(
            clinux_last_words(
                status: 1,
                alarm: words("healthcheck: stuck in a system call, and ended by its own timer\n"),
                terminate: words("healthcheck: ended by SIGTERM before there was a result\n"),
                interrupt: words("healthcheck: ended by SIGINT before there was a result\n")))
        let limit = timeout + OneShotRun.grace + .milliseconds(200)
        clinux_set_alarm(limit.wholeMicroseconds)
    }

    private static func words(_ error: String) -> clinux_words {
        // By withCString: as an argument, a text would be copied into an array first.
        clinux_words(
            error: error.withCString { strdup($0) }, output: "unknown\n".withCString { strdup($0) })
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import OneShotChecks
import SystemIO

/// Runs checks once, and says what they found.
package enum OneShot {
    /// Runs them, prints the report, and gives the exit code.
    package static func run(_ options: OneShotOptions) -> CInt {
        // A reader that has gone must not end this: the exit code is what counts.
        clinux_ignore_signal(SIGPIPE)
        let results = OneShotRun.results(of: options.checks, within: options.timeout)
        let report = OneShotReport(results, refusesDegraded: options.refusesDegraded)
        StandardStream.output.write(options.printsJSON ? report.json : report.lines)
        StandardStream.error.write(report.reasons)
        return report.exitCode
    }
}

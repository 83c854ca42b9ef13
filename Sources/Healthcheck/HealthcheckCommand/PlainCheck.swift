// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import CheckEngine
import CheckScheduling
import NetworkChecks
import SystemIO

/// The check of a command line that has nothing but `--KIND TARGET`, as most have. On its way stand no table and no array of anything
/// but bytes: the types of those, which the runtime makes at their first use, take longer than such a check.
package struct PlainCheck {
    let kind: String
    let check: any CheckKind

    /// The check that the program was called for; nil for another command line, and for one with a mistake, which
    /// ``HealthcheckInvocation`` tells.
    package static var asked: PlainCheck? {
        guard let (flag, target) = ProgramArguments.two else { return nil }
        return PlainCheck(flag, target)
    }

    /// Reads the two arguments.
    init?(_ flag: String, _ target: String) {
        do throws(CheckOptionError) {
            switch flag {
            case "--tcp": (kind, check) = ("tcp", try TCPCheck(target, CheckOptions()))
            case "--http": (kind, check) = ("http", try HTTPCheck(asCurl: target))
            case "--grpc": (kind, check) = ("grpc", try GRPCCheck(target, CheckOptions()))
            case "--redis": (kind, check) = ("redis", try RedisCheck(target, CheckOptions()))
            case "--postgres":
                (kind, check) = ("postgres", try PostgresCheck(target, CheckOptions()))
            default: return nil
            }
        } catch {
            return nil
        }
    }

    /// Runs it, prints a line, and ends the program with the exit code.
    package func run() -> Never {
        let timeout = OneShotOptions.usualTimeout
        OneShot.prepare(timeout)
        guard let result = check.runOnce(within: timeout) else { exit(1) }
        let title = CheckTitle.text(name: kind, kind: kind, target: check.targetText)
        let line = OneShotReport.line(title, result.state, result.duration)
        StandardStream.output.write(line)
        StandardStream.error.write(OneShotReport.reason(title, result.state, result.cause))
        let code = OneShotReport.exitCode(result.state, refusesDegraded: false)
        // What they hold is left to the kernel: to free it takes the types of details and of a long text, more than the check.
        withExtendedLifetime(line) { withExtendedLifetime(result) { exit(code) } }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import HealthProbe
import SystemIO

/// Parses, checks, prints, exits: upstream's order, streams and codes.
func runProbe() -> ProbeExitCode {
    switch ProbeInvocation(arguments: ProgramArguments.all) {
    case .printOutput(let text):
        StandardStream.output.write(text)
        return .serving
    case .refuse(let text):
        StandardStream.error.write(text)
        return .invalidArguments
    case .check(let options):
        return check(options)
    }
}

func check(_ options: ProbeOptions) -> ProbeExitCode {
    func explain(_ line: String) {
        if options.isVerbose { StandardStream.error.write(line + "\n") }
    }
    ProbeMessage.parsedOptions(options).forEach(explain)
    endOnSignals()
    let report = ProbeRun(options) { phase, elapsed in
        switch phase {
        case .connecting:
            clinux_set_signal_exit_status(ProbeExitCode.connectionFailed.rawValue)
            explain(ProbeMessage.connecting)
        case .calling:
            clinux_set_signal_exit_status(ProbeExitCode.rpcFailed.rawValue)
            explain(ProbeMessage.connected(after: elapsed))
        }
    }.run()
    if report.cause == nil {
        explain(ProbeMessage.elapsed(connect: report.connectTime, rpc: report.rpcTime))
    }
    StandardStream.error.write(report.text)
    return report.verdict.exitCode
}

/// SIGTERM and SIGINT end the probe with its line at once, whatever it waits for.
func endOnSignals() {
    for signal in [SIGTERM, SIGINT] {
        // Lives as long as the process: the handler reads it where it stands.
        clinux_exit_on_signal(signal, strdup(ProbeMessage.cancellation(signal: signal) + "\n"))
    }
}

exit(runProbe().rawValue)

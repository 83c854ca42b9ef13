// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import HealthProbe
import SystemIO

/// Parses, checks, prints, exits: upstream's order, streams and codes.
func runProbe() -> ProbeExitCode {
    switch ProbeInvocation(arguments: ProgramArguments.all) {
    case .printOutput(let text):
        printLine(text, terminator: "", to: STDOUT_FILENO)
        return .serving
    case .refuse(let text):
        printLine(text, terminator: "", to: STDERR_FILENO)
        return .invalidArguments
    case .check(let options):
        return check(options)
    }
}

func check(_ options: ProbeOptions) -> ProbeExitCode {
    func explain(_ line: String) {
        if options.isVerbose { printLine(line, to: STDERR_FILENO) }
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
    printLine(report.verdict.text, to: STDERR_FILENO)
    if let cause = report.cause { printLine(ProbeMessage.cause(cause.text), to: STDERR_FILENO) }
    return report.verdict.exitCode
}

/// SIGTERM and SIGINT end the probe with its line at once, whatever it waits for.
func endOnSignals() {
    for signal in [SIGTERM, SIGINT] {
        // Lives as long as the process: the handler reads it where it stands.
        clinux_exit_on_signal(signal, strdup(ProbeMessage.cancellation(signal: signal) + "\n"))
    }
}

func printLine(_ line: String, terminator: String = "\n", to descriptor: CInt) {
    // Whoever closed our output does not want to hear that it cannot be written.
    var bytes = Array((line + terminator).utf8)[...]
    while !bytes.isEmpty {
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count <= 0 { return }
        bytes = bytes.dropFirst(count)
    }
}

exit(runProbe().rawValue)

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import HealthProbe
import SystemIO

/// Parses, checks, prints, exits: upstream's order, streams and codes.
func runProbe() -> Int32 {
    clinux_ignore_signal(SIGPIPE)
    switch ProbeInvocation(arguments: ProgramArguments.all) {
    case .printOutput(let text):
        StandardStream.output.write(text)
        return ProbeExitCode.serving.rawValue
    case .refuse(let text):
        StandardStream.error.write(text)
        return ProbeExitCode.invalidArguments.rawValue
    case .check(let options):
        return check(options)
    }
}

func check(_ options: ProbeOptions) -> Int32 {
    func explain(_ line: String) {
        if options.isVerbose { StandardStream.error.write(line + "\n") }
    }
    setLastWords(options, .connecting)
    startHardDeadline(options)
    ProbeMessage.parsedOptions(options).forEach(explain)
    let run = ProbeRun(options) { link in
        setLastWords(options, .calling)
        ProbeMessage.connected(link).forEach(explain)
    }
    explain(ProbeMessage.connecting)
    let report = run.run()
    if report.isConnected {
        explain(
            ProbeMessage.elapsed(
                connect: report.times.untilEstablished, rpc: report.times.rpc))
    }
    if let reason = report.reason { explain(ProbeMessage.reason(reason)) }
    if options.printsJSON {
        StandardStream.output.write(report.json(options.exitProfile))
    } else if options.listsServices {
        StandardStream.output.write(report.listing)
    }
    StandardStream.error.write(report.text)
    return options.exitProfile.status(report.verdict.exitCode)
}

/// From now on SIGTERM, SIGINT and the hard deadline end the probe with the lines of this phase at once,
/// whatever it waits for.
func setLastWords(_ options: ProbeOptions, _ phase: ProbePhase) {
    func cWords(_ words: ProbeLastWords) -> clinux_words {
        clinux_words(error: strdup(words.message), output: strdup(words.json))
    }
    let code: ProbeExitCode = phase == .connecting ? .connectionFailed : .rpcFailed
    clinux_set_last_words(
        clinux_last_words(
            status: options.exitProfile.status(code),
            alarm: cWords(.deadline(options, phase)),
            terminate: cWords(.cancellation(options, phase, signal: SIGTERM)),
            interrupt: cWords(.cancellation(options, phase, signal: SIGINT))))
}

/// The probe ends by itself when both time-outs are over; should it be stuck, this timer ends it.
func startHardDeadline(_ options: ProbeOptions) {
    let slack = Duration.milliseconds(100)
    // A year stands for ever, and does not overflow.
    let year = Duration.seconds(365 * 86_400)
    let rpcTimeout = min(options.rpcTimeout, year)
    // The agent of SPIFFE gets as long as an RPC, before anything is connected.
    let agentTimeout = options.usesSPIFFE ? rpcTimeout : .zero
    let parts = agentTimeout + min(options.connectTimeout, year) + rpcTimeout
    let limit = min(options.timeout ?? year, parts) + slack
    let (seconds, attoseconds) = limit.components
    clinux_set_alarm(seconds, attoseconds / 1_000_000_000_000)
}

exit(runProbe())

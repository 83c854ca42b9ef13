// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import HealthProbe
import SystemIO

/// Parses, checks, prints: upstream's order, streams and codes. Returns the exit code.
func runProbe() -> Int32 {
    clinux_ignore_signal(SIGPIPE)
    switch ProbeInvocation(arguments: ProgramArguments.all) {
    case .printOutput(let text):
        StandardStream.output.write(text)
        return ProbeExitCode.serving.rawValue
    case .refuse(let text):
        StandardStream.error.write(text)
        return ProbeExitCode.invalidArguments.rawValue
    case .check(let options): check(options)
    }
}

func check(_ options: ProbeOptions) -> Never {
    // The lines are made only where they are shown: they would be a tenth of a run.
    func explain(_ lines: @autoclosure () -> [String]) {
        if !options.output.isVerbose { return }
        for line in lines() { StandardStream.error.write(line + "\n") }
    }
    ProbeLastWords.prepare(options, .connecting)
    ProbeLastWords.startHardDeadline(options)
    explain(ProbeMessage.parsedOptions(options))
    var run = ProbeRun(options) { event in
        if case .connected = event { ProbeLastWords.prepare(options, .calling) }
        explain(ProbeMessage.lines(event))
    }
    let report = run.run()
    explain(ProbeMessage.lines(report))
    StandardStream.output.write(report.output(options))
    StandardStream.error.write(report.text)
    // The connection is left to the kernel: to free all that it holds was a twentieth of a run.
    withExtendedLifetime(run) { exit(options.output.exitProfile.status(report.verdict.exitCode)) }
}

exit(runProbe())

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What the probe says when a signal ends it: the lines of each phase, ready before anything can get stuck.
public struct ProbeLastWords: Sendable {
    /// For standard error.
    public let message: String
    /// For standard output; empty without -json.
    public let json: String

    /// The words of the hard deadline: the phase's time-out.
    public static func deadline(_ options: ProbeOptions, _ phase: ProbePhase) -> ProbeLastWords {
        let verdict = options.timeout(of: phase)
        let cause = "the probe itself was stuck in this step, and ended by its own timer"
        let report = ProbeReport(
            verdict: verdict, cause: cause, times: ProbeTimes(), isConnected: phase == .calling)
        return ProbeLastWords(
            message: report.text,
            json: options.printsJSON ? report.json(options.exitProfile) : "")
    }

    /// The words for SIGTERM or SIGINT.
    public static func cancellation(
        _ options: ProbeOptions, _ phase: ProbePhase, signal: CInt
    ) -> ProbeLastWords {
        let text = ProbeMessage.cancellation(signal: signal)
        guard options.printsJSON else { return ProbeLastWords(message: text + "\n", json: "") }
        let verdict = options.timeout(of: phase)
        let json = ProbeJSON.text(
            verdict, exit: options.exitProfile.status(verdict.exitCode), times: ProbeTimes(),
            cause: text)
        return ProbeLastWords(message: text + "\n", json: json)
    }
}

extension ProbeOptions {
    /// The verdict when this phase takes too long.
    func timeout(of phase: ProbePhase) -> ProbeVerdict {
        switch phase {
        case .connecting: .connectTimedOut(address: address, connectTimeout)
        case .calling: .rpcTimedOut(rpcTimeout)
        }
    }
}

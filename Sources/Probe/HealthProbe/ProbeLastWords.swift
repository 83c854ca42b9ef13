// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO

/// What the probe says when a signal ends it: the lines of each phase, ready before anything can get stuck.
package struct ProbeLastWords: Sendable {
    /// For standard error.
    package let message: String
    /// For standard output; empty without -json.
    package let json: String

    /// The words of the hard deadline: the phase's time-out.
    package static func deadline(_ options: ProbeOptions, _ phase: ProbePhase) -> ProbeLastWords {
        let verdict = options.timeout(of: phase)
        let cause = "the probe itself was stuck in this step, and ended by its own timer"
        let report = ProbeReport(
            verdict: verdict, cause: cause, times: ProbeTimes(), isConnected: phase == .calling)
        return ProbeLastWords(
            message: report.text,
            json: options.output.printsJSON ? report.json(options.output.exitProfile) : "")
    }

    /// The words for SIGTERM or SIGINT.
    package static func cancellation(
        _ options: ProbeOptions, _ phase: ProbePhase, signal: CInt
    ) -> ProbeLastWords {
        let text = ProbeMessage.cancellation(signal: signal)
        guard options.output.printsJSON else {
            return ProbeLastWords(message: text + "\n", json: "")
        }
        let verdict = options.timeout(of: phase)
        let json = ProbeJSON.text(
            verdict, exit: options.output.exitProfile.status(verdict.exitCode), times: ProbeTimes(),
            cause: text)
        return ProbeLastWords(message: text + "\n", json: json)
    }
}

extension ProbeLastWords {
    /// From now on SIGTERM, SIGINT and the hard deadline end the probe with the words of this phase at once,
    /// whatever it waits for.
    package static func prepare(_ options: ProbeOptions, _ phase: ProbePhase) {
        clinux_set_last_words(
            clinux_last_words(
                status: options.output.exitProfile.status(options.timeout(of: phase).exitCode),
                alarm: deadline(options, phase).copy,
                terminate: cancellation(options, phase, signal: SIGTERM).copy,
                interrupt: cancellation(options, phase, signal: SIGINT).copy))
    }

    /// Starts the hard deadline. The probe ends by itself when its time-outs are over; should it be stuck, this timer
    /// ends it.
    package static func startHardDeadline(_ options: ProbeOptions) {
        let slack = Duration.milliseconds(100)
        // A year stands for ever, and does not overflow.
        let year = Duration.seconds(365 * 86_400)
        let rpcTimeout = min(options.rpcTimeout, year)
        // The agent of SPIFFE gets as long as an RPC, before anything is connected.
        let agentTimeout = options.transport.usesSPIFFE ? rpcTimeout : .zero
        let parts = agentTimeout + min(options.connectTimeout, year) + rpcTimeout
        let limit = min(options.timeout ?? year, parts) + slack
        clinux_set_alarm(limit.wholeMicroseconds)
    }

    /// For the signal handler, which keeps it.
    private var copy: clinux_words {
        clinux_words(error: Self.copy(message), output: Self.copy(json))
    }

    /// By way of `withCString`: a string that C is given as it is becomes an array first.
    private static func copy(_ text: String) -> UnsafeMutablePointer<CChar>? {
        text.isEmpty ? nil : text.withCString { strdup($0) }
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

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import HealthProtocol
import Text

/// What a run of the probe came to, and what it took.
package struct ProbeReport: Sendable {
    /// What was found out about one name.
    package struct Finding: Sendable {
        package let service: String
        package let verdict: ProbeVerdict
        /// The word by which the server says why the status is not SERVING; nil when it does not.
        package let reason: String?
    }

    /// What decides the exit code.
    package internal(set) var verdict: ProbeVerdict
    /// Which step failed and what to do about it, in one line; nil when there is nothing to add.
    package internal(set) var cause: String?
    /// With more than one name: each of them.
    package internal(set) var findings: [Finding] = []
    /// The word by which the server says why the status is not SERVING; nil when it does not.
    package let reason: String?
    package let times: ProbeTimes
    /// There was a connection.
    package let isConnected: Bool
    /// Several names, and all are good.
    private var areAllServing = false

    /// Bytes that standard error gets at most.
    static let limit = 4096
    /// Bytes of the line about several names.
    private static let summaryLimit = 1500

    /// A report on a run that asked nothing.
    init(verdict: ProbeVerdict, cause: String?, times: ProbeTimes, isConnected: Bool) {
        self.verdict = verdict
        self.cause = cause
        self.reason = nil
        self.times = times
        self.isConnected = isConnected
    }

    /// A report on the name that decides.
    init(decisive: Finding, times: ProbeTimes) {
        verdict = decisive.verdict
        reason = decisive.reason
        self.times = times
        isConnected = true
    }

    /// Adds what became of each of several names; that at `worst` decides.
    mutating func add(_ findings: [Finding], worst: Int) {
        self.findings = findings
        areAllServing = verdict.exitCode == .serving
        if areAllServing { return }
        let decisive = PrintableText.escaped(findings[worst].service, limit: 100)
        let text = "of \(findings.count) services \"\(decisive)\" decides, " + summary
        cause = cause.map { "\($0) (\(text))" } ?? text
    }

    private var summary: String {
        var text = ""
        for finding in findings {
            if text.utf8.count > Self.summaryLimit { return text + ", and so on" }
            let name = PrintableText.escaped(finding.service, limit: 100)
            text += text.isEmpty ? "" : ", "
            text += "\"\(name)\" is \(finding.verdict.statusText)"
        }
        return text
    }

    /// The lines for standard error: the verdict, and below it the cause.
    package var text: String {
        var text = ""
        // Two are made in each run, for signals that come in few (``ProbeLastWords``). Grown step by step they were a tenth of
        // a run.
        text.reserveCapacity(250)
        verdict.append(to: &text)
        text += "\n"
        if let cause {
            text += ProbeMessage.causeLabel
            text += cause
            text += "\n"
        }
        if areAllServing { text += ProbeMessage.services(summary) + "\n" }
        if text.utf8.count <= Self.limit { return text }
        return PrintableText.prefix(of: text, bytes: Self.limit - 1) + "\n"
    }

    /// What standard output gets: one object of JSON, or the names of -list, or nothing.
    package func output(_ options: ProbeOptions) -> String {
        if options.output.printsJSON { return json(options.output.exitProfile) }
        return options.listsServices ? listing : ""
    }

    /// The names and their statuses, one on a line.
    private var listing: String {
        var text = ""
        for finding in findings {
            let name = PrintableText.quoted(finding.service)
            text += "\(finding.verdict.statusText) \(name)\n"
        }
        return text
    }
}

/// How long each step took; zero for those that were not reached.
package struct ProbeTimes: Equatable, Sendable {
    /// Finding the addresses of the name.
    package var resolve = Duration.zero
    /// From then to a connection of the kernel's, failed attempts included.
    package var connect = Duration.zero
    /// From then to the server's SETTINGS (with TLS, its handshake is in here).
    package var handshake = Duration.zero
    /// From then to the end of the RPC.
    package var rpc = Duration.zero

    /// Until there was a connection.
    package var untilEstablished: Duration { resolve + connect + handshake }
}

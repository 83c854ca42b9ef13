// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import GRPCWire
import HealthProtocol

/// What a run of the probe came to, and what it took.
public struct ProbeReport: Sendable {
    /// What was found out about one name.
    public struct Finding: Sendable {
        public let service: String
        public let verdict: ProbeVerdict
    }

    /// What decides the exit code.
    public let verdict: ProbeVerdict
    /// Which step failed and what to do about it, in one line; nil when there is nothing to add.
    public let cause: String?
    /// With more than one name: each of them.
    public let findings: [Finding]
    public let times: ProbeTimes
    /// There was a connection.
    public let isConnected: Bool

    /// Bytes that standard error gets at most.
    static let limit = 4096

    /// The lines for standard error: the verdict, and below it the cause.
    public var text: String {
        let text = verdict.text + "\n" + (cause.map { ProbeMessage.cause($0) + "\n" } ?? "")
        if text.utf8.count <= Self.limit { return text }
        return PrintableText.prefix(of: text, bytes: Self.limit - 1) + "\n"
    }

    /// The names and their statuses for standard output, one on a line.
    public var listing: String {
        var text = ""
        for finding in findings {
            let name = PrintableText.quoted(finding.service)
            text += "\(finding.verdict.statusText) \(name)\n"
        }
        return text
    }
}

/// How long each step took; zero for those that were not reached.
public struct ProbeTimes: Equatable, Sendable {
    /// Finding the addresses of the name.
    public var resolve = Duration.zero
    /// From then to a connection of the kernel's, failed attempts included.
    public var connect = Duration.zero
    /// From then to the server's SETTINGS (with TLS, its handshake is in here).
    public var handshake = Duration.zero
    /// From then to the end of the RPC.
    public var rpc = Duration.zero

    /// Until there was a connection.
    public var untilEstablished: Duration { resolve + connect + handshake }
}

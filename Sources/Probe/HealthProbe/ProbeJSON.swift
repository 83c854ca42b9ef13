// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import HealthProtocol
import Text

/// The one object of `-json`.
enum ProbeJSON {
    /// `exit` is the number that the process exits with.
    static func text(
        _ verdict: ProbeVerdict, exit: Int32, times: ProbeTimes,
        findings: [ProbeReport.Finding] = [], reason: String? = nil, cause: String?
    ) -> String {
        var text = "{\"status\":\(string(verdict.servingStatus?.name)),"
        text += "\"code\":{\"exit\":\(exit),\"grpc\":\(string(verdict.statusCodeName))},"
        text += "\"phases\":{\"resolve_us\":\(microseconds(times.resolve)),"
        text += "\"connect_us\":\(microseconds(times.connect)),"
        text += "\"handshake_us\":\(microseconds(times.handshake)),"
        text += "\"rpc_us\":\(microseconds(times.rpc))},"
        if !findings.isEmpty {
            let items = findings.map { finding in
                "{\"service\":\(string(finding.service)),"
                    + "\"status\":\(string(finding.verdict.servingStatus?.name)),"
                    + "\"grpc\":\(string(finding.verdict.statusCodeName)),"
                    + "\"reason\":\(string(finding.reason))}"
            }
            text += "\"services\":[\(items.joined(separator: ","))],"
        }
        text += "\"reason\":\(string(reason)),"
        text += "\"message\":\(string(verdict.text)),\"cause\":\(string(cause))}\n"
        return text
    }

    private static func microseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }

    /// A string of JSON (RFC 8259, 7), or null.
    static func string(_ text: String?) -> String {
        text.map { PrintableText.quoted($0, .json) } ?? "null"
    }
}

extension ProbeReport {
    /// The object of `-json`, in one line.
    package func json(_ profile: ProbeExitProfile) -> String {
        ProbeJSON.text(
            verdict, exit: profile.status(verdict.exitCode), times: times, findings: findings,
            reason: reason, cause: cause)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import HealthProtocol
import SystemIO
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
        text += "\"phases\":{\"resolve_us\":\(times.resolve.wholeMicroseconds),"
        text += "\"connect_us\":\(times.connect.wholeMicroseconds),"
        text += "\"handshake_us\":\(times.handshake.wholeMicroseconds),"
        text += "\"rpc_us\":\(times.rpc.wholeMicroseconds)},"
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

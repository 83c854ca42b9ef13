// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
package import GRPCWire
import TLSWire
import Text

/// The words that the probe's lines are made of.
package enum ProbeMessage {
    /// What the line after a failure's first begins with: it says what went wrong and what to do about it.
    static var causeLabel: String { "cause: " }

    /// What to write instead: the last line about a command line that is refused.
    static func hint(_ text: String) -> String { "hint: \(text)" }

    /// Each of several names, when all are good.
    static func services(_ summary: String) -> String { "services: \(summary)" }

    /// `signal` as Go names it: `terminated` for SIGTERM, `interrupt` for SIGINT.
    package static func cancellation(signal: CInt) -> String {
        // Whole, since they are made in every run, for signals that come in few.
        switch signal {
        case 1: "cancellation received (signal: hangup)"
        case 2: "cancellation received (signal: interrupt)"
        case 15: "cancellation received (signal: terminated)"
        default: "cancellation received (signal: signal \(signal))"
        }
    }

    /// The name that Go gives a gRPC status code.
    package static func statusCode(_ code: StatusCode) -> String {
        let names: [String] = [
            "OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound",
            "AlreadyExists", "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
            "Aborted", "OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss",
            "Unauthenticated",
        ]
        let number = code.rawValue
        return number < UInt32(names.count) ? names[Int(number)] : "Code(\(number))"
    }

    /// A status as Go prints it: `rpc error: code = NotFound desc = unknown service`.
    static func rpcError(_ status: Status) -> String {
        "rpc error: code = \(statusCode(status.code)) desc = \(serverText(status.message))"
    }

    /// Text of the server's, at most 1 KiB of it and safe to print.
    package static func serverText(_ text: String) -> String {
        PrintableText.escaped(text, limit: 1024)
    }
}

/// The lines of -v.
extension ProbeMessage {
    /// What the command line came to.
    package static func parsedOptions(_ options: ProbeOptions) -> [String] {
        var lines = [
            "parsed options:",
            "> addr=\(options.address) conn_timeout=\(options.connectTimeout.goText) "
                + "rpc_timeout=\(options.rpcTimeout.goText)"
                + (options.timeout.map { " timeout=\($0.goText)" } ?? ""),
        ]
        if !options.rpcHeaders.isEmpty {
            let headers = options.rpcHeaders.map { "\($0.name): \(PrintableText.quoted($0.value))" }
            lines.append("> headers: \(headers.joined(separator: ", "))")
        }
        lines.append("> tls=\(options.transport.usesTLS)")
        if options.transport.usesTLS {
            lines += [
                "  > no-verify=\(options.transport.skipsVerification)",
                "  > ca-cert=\(options.transport.caCertificate)",
                "  > client-cert=\(options.transport.clientCertificate)",
                "  > client-key=\(options.transport.clientKey)",
                "  > server-name=\(options.transport.serverName)",
            ]
        }
        if let hint = options.unreadHint { lines.append("> \(hint)") }
        lines += [
            "> alts=\(options.transport.usesALTS)", "> spiffe=\(options.transport.usesSPIFFE)",
        ]
        return lines
    }

    /// What a run is at.
    package static func lines(_ event: ProbeEvent) -> [String] {
        switch event {
        case .connecting: ["establishing connection"]
        case .connected(let link): connected(link())
        }
    }

    private static func connected(_ link: ProbeLink) -> [String] {
        let lines = [
            "connection established (took \(link.time.goText))", "> address=\(link.address)",
        ]
        guard let agreement = link.agreement else { return lines }
        return lines + [
            "> version=\(agreement.version) cipher=\(agreement.cipher) "
                + "alpn=\(agreement.applicationProtocol)"
        ]
    }

    /// How long a run took, and the word by which the server says why it is not SERVING.
    package static func lines(_ report: ProbeReport) -> [String] {
        var lines: [String] = []
        if report.isConnected {
            lines.append(
                "time elapsed: connect=\(report.times.untilEstablished.goText) "
                    + "rpc=\(report.times.rpc.goText)")
        }
        if let reason = report.reason { lines.append("reason of the server: \(reason)") }
        return lines
    }
}

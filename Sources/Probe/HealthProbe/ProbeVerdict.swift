// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
package import GRPCWire
package import HealthProtocol
import Text

/// What a check came to: one first line of output, and one exit code.
package enum ProbeVerdict: Equatable, Sendable {
    /// The server answered.
    case answered(ServingStatus)
    /// No connection to `address`, as it was written, in the time given.
    case connectTimedOut(address: String, Duration)
    /// The server has no health service; `message` is its own text.
    case unimplemented(message: String)
    /// No answer to the RPC in the time given.
    case rpcTimedOut(Duration)
    /// The RPC ended with this status, which is not OK.
    case rpcFailed(Status)
    /// Certificates or keys cannot be used.
    case tlsCredentialsFailed(reason: String)
    case spiffeCredentialsFailed(reason: String)

    /// The verdict on an RPC that failed with `status`, when it had `timeout` to complete.
    package init(failure status: Status, timeout: Duration) {
        switch status.code {
        case .deadlineExceeded: self = .rpcTimedOut(timeout)
        case .unimplemented: self = .unimplemented(message: status.message)
        default: self = .rpcFailed(status)
        }
    }

    /// What the process exits with.
    package var exitCode: ProbeExitCode {
        switch self {
        case .answered(let status): status == .serving ? .serving : .notServing
        case .connectTimedOut: .connectionFailed
        case .unimplemented, .rpcTimedOut, .rpcFailed: .rpcFailed
        case .tlsCredentialsFailed: .invalidArguments
        case .spiffeCredentialsFailed: .spiffeFailed
        }
    }

    /// The status that the server answered, if it did.
    package var servingStatus: ServingStatus? {
        if case .answered(let status) = self { return status }
        return nil
    }

    /// The name of the code that the RPC ended with; nil when there was none.
    var statusCodeName: String? {
        switch self {
        case .answered: ProbeMessage.statusCode(.ok)
        case .unimplemented: ProbeMessage.statusCode(.unimplemented)
        case .rpcTimedOut: ProbeMessage.statusCode(.deadlineExceeded)
        case .rpcFailed(let status): ProbeMessage.statusCode(status.code)
        case .connectTimedOut, .tlsCredentialsFailed, .spiffeCredentialsFailed: nil
        }
    }

    /// In one word: the status, or the code of an RPC that failed.
    var statusText: String { servingStatus?.name ?? statusCodeName ?? "not connected" }

    /// The larger, the worse: an RPC that failed tells less than a status that is not SERVING.
    var severity: Int {
        switch self {
        case .answered(.serving): 0
        case .answered: 1
        default: 2
        }
    }

    /// The first line on standard error, without an end of line.
    package var text: String {
        var text = ""
        append(to: &text)
        return text
    }

    /// Appends ``text``.
    func append(to text: inout String) {
        switch self {
        case .answered(.serving):
            text += "status: SERVING"
        case .answered(let status):
            text += "service unhealthy (responded with \"\(status.name)\")"
        case .connectTimedOut(let address, let timeout):
            text += "timeout: failed to connect service "
            PrintableText.appendQuoted(address, to: &text)
            text += " within "
            text += timeout.goText
        case .unimplemented(let message):
            text += "error: this server does not implement the grpc health protocol "
            text += "(grpc.health.v1.Health): \(ProbeMessage.serverText(message))"
        case .rpcTimedOut(let timeout):
            text += "timeout: health rpc did not complete within "
            text += timeout.goText
        case .rpcFailed(let status):
            text += "error: health rpc failed: \(ProbeMessage.rpcError(status))"
        case .tlsCredentialsFailed(let reason):
            text += "failed to initialize tls credentials. error=\(reason)"
        case .spiffeCredentialsFailed(let reason):
            text += "failed to initialize tls credentials with spiffe. error=\(reason)"
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags

/// What a check came to: one first line of output, and one exit code.
public enum ProbeVerdict: Equatable, Sendable {
    /// The server answered with this number of `ServingStatus`.
    case answered(status: Int32)
    /// No connection to `address`, as it was written, in the time given.
    case connectTimedOut(address: String, Duration)
    /// The server has no health service; `message` is its own text.
    case unimplemented(message: String)
    /// No answer to the RPC in the time given.
    case rpcTimedOut(Duration)
    /// The RPC ended with another code than OK; `message` is the server's own text.
    case rpcFailed(code: UInt32, message: String)
    /// Certificates or keys cannot be used.
    case tlsCredentialsFailed(reason: String)
    case spiffeCredentialsFailed(reason: String)

    /// The number that SERVING has in `HealthCheckResponse.ServingStatus`.
    private static var serving: Int32 { 1 }

    /// The verdict on an RPC that ended with `code`, a gRPC status code other than OK, when it had
    /// `timeout` to complete.
    public init(failureCode code: UInt32, message: String, timeout: Duration) {
        switch code {
        case 4: self = .rpcTimedOut(timeout)  // DEADLINE_EXCEEDED
        case 12: self = .unimplemented(message: message)  // UNIMPLEMENTED
        default: self = .rpcFailed(code: code, message: message)
        }
    }

    /// What the process exits with.
    public var exitCode: ProbeExitCode {
        switch self {
        case .answered(let status): status == Self.serving ? .serving : .notServing
        case .connectTimedOut: .connectionFailed
        case .unimplemented, .rpcTimedOut, .rpcFailed: .rpcFailed
        case .tlsCredentialsFailed: .invalidArguments
        case .spiffeCredentialsFailed: .spiffeFailed
        }
    }

    /// The first line on standard error, without an end of line.
    public var text: String {
        switch self {
        case .answered(status: Self.serving):
            "status: SERVING"
        case .answered(let status):
            "service unhealthy (responded with \"\(ProbeMessage.servingStatus(status))\")"
        case .connectTimedOut(let address, let timeout):
            "timeout: failed to connect service \(PrintableText.quoted(address)) "
                + "within \(timeout.goText)"
        case .unimplemented(let message):
            "error: this server does not implement the grpc health protocol "
                + "(grpc.health.v1.Health): \(ProbeMessage.serverText(message))"
        case .rpcTimedOut(let timeout):
            "timeout: health rpc did not complete within \(timeout.goText)"
        case .rpcFailed(let code, let message):
            "error: health rpc failed: rpc error: code = \(ProbeMessage.statusCode(code)) "
                + "desc = \(ProbeMessage.serverText(message))"
        case .tlsCredentialsFailed(let reason):
            "failed to initialize tls credentials. error=\(reason)"
        case .spiffeCredentialsFailed(let reason):
            "failed to initialize tls credentials with spiffe. error=\(reason)"
        }
    }
}

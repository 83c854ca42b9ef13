// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import Outbound

/// Why there is no usable answer of the upstream. Texts of the upstream are printable and bounded.
enum UpstreamFailure: Error, Equatable, Sendable {
    /// There is no connection: the name, the network, TLS.
    case unreachable(reason: String)
    /// The connection ended before a response began.
    case unanswered
    /// The connection ended within the response.
    case cutOff
    /// The response is invalid.
    case malformed(String)
    /// The upstream answered with an error; `message` is its own, and may be empty.
    case refused(status: Int, message: String)

    init(_ failure: OutboundFailure) {
        switch failure {
        case .unreachable(let reason): self = .unreachable(reason: reason)
        case .cutOff: self = .cutOff
        }
    }

    /// The status for the client.
    var status: Status {
        switch self {
        case .unreachable(let reason):
            Status(.unavailable, "the model server cannot be reached: \(reason)")
        case .unanswered:
            Status(.unavailable, "the model server closed the connection without an answer")
        case .cutOff: Status(.internal, "the answer of the model server was cut off")
        case .malformed(let what): Status(.internal, "the answer of the model server: \(what)")
        case .refused(let status, let message): Self.status(of: status, message)
        }
    }

    private static func status(of code: Int, _ message: String) -> Status {
        let detail = message.isEmpty ? "" : ": \(message)"
        switch code {
        case 400, 422:
            return Status(.invalidArgument, "the model server refused the request\(detail)")
        case 401, 403:
            // Its message may contain the key.
            return Status(.failedPrecondition, "the model server refused the API key (\(code))")
        case 404:
            return Status(
                .failedPrecondition,
                "the model server has no such model, or no completions\(detail)")
        // The upstream was too slow, or took us for it. The caller's deadline has not passed, and a retry may succeed:
        // DEADLINE_EXCEEDED would deny both.
        case 408: return Status(.unavailable, "the model server gave up waiting\(detail)")
        case 429: return Status(.resourceExhausted, "the model server is overloaded\(detail)")
        case 300..<500:
            return Status(.failedPrecondition, "the model server answered with \(code)\(detail)")
        case 500..<600:
            return Status(.unavailable, "the model server failed with \(code)\(detail)")
        default: return Status(.internal, "the model server answered with \(code)\(detail)")
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire

/// Why an upstream gave no answer, or none that is of use. Texts of the upstream's are printable and bounded.
enum UpstreamFailure: Error, Equatable, Sendable {
    /// There is no connection: the name, the network, TLS.
    case unreachable(reason: String)
    /// The connection ended before anything of a response came.
    case unanswered
    /// The connection ended within the response.
    case cutOff
    /// The response is not what was asked for.
    case malformed(String)
    /// The upstream says no; `message` is its own, and may be empty.
    case refused(status: Int, message: String)

    /// What the client is told.
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
        let said = message.isEmpty ? "" : ": \(message)"
        switch code {
        case 400, 422:
            return Status(.invalidArgument, "the model server refused the request\(said)")
        case 401, 403:
            // Its own words may repeat the key.
            return Status(.failedPrecondition, "the model server refused the API key (\(code))")
        case 404:
            return Status(
                .failedPrecondition, "the model server has no such model, or no completions\(said)")
        // The upstream was too slow, or found us so: the caller's own deadline has not passed, and another attempt
        // may do. DEADLINE_EXCEEDED would say the contrary of both.
        case 408: return Status(.unavailable, "the model server gave up waiting\(said)")
        case 429: return Status(.resourceExhausted, "the model server has too much to do\(said)")
        case 300..<500:
            return Status(.failedPrecondition, "the model server answered with \(code)\(said)")
        case 500..<600:
            return Status(.unavailable, "the model server failed with \(code)\(said)")
        default: return Status(.internal, "the model server answered with \(code)\(said)")
        }
    }
}

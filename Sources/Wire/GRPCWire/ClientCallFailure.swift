// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import HTTP2Wire

/// How a server broke gRPC's rules: why a call ended with a status that the client made up itself.
package enum ClientCallFailure: Equatable, Sendable {
    /// The answer is plain HTTP with a status other than 200.
    case httpStatus(Int)
    /// The answer has HTTP status 200, but is not gRPC.
    case contentType(String)
    /// The stream ended without trailers, or with such that have no grpc-status.
    case trailersMissing
    /// The bytes of the body, or the grpc-status, cannot be read; the status has the reason.
    case malformed
    /// The answer breaks a rule of HTTP/2, in words for a person.
    case breach(String)
    /// The server cut the stream off.
    case reset(HTTP2ErrorCode)
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CNghttp2

/// The rule that a peer broke on a stream which was reset for it (RFC 9113, 5.4.2), while its connection goes on.
package enum BrokenRule: Int, CaseIterable, Sendable {
    /// A header field's name or value.
    case malformedField
    /// Pseudo-header fields, or a body of another length than was announced.
    case malformedRequest
    /// More streams at once than SETTINGS allow.
    case tooManyStreams
    /// A window that became too large.
    case flowControl
    /// Any other.
    case other

    /// For a person, in a log.
    package var text: StaticString {
        switch self {
        case .malformedField: "a header field that is malformed"
        case .malformedRequest:
            "a malformed request: :method, :path, :authority (or host), or the content-length of its body"
        case .tooManyStreams: "more calls at once than --max-concurrent-streams"
        case .flowControl: "a flow-control window that is too large"
        case .other: "a frame that its stream cannot take now"
        }
    }

    /// What nghttp2 says of a frame; nil where the stream's end says as much.
    init?(_ error: CInt) {
        switch error {
        case NGHTTP2_ERR_HTTP_HEADER.rawValue: self = .malformedField
        case NGHTTP2_ERR_HTTP_MESSAGING.rawValue: self = .malformedRequest
        case NGHTTP2_ERR_REFUSED_STREAM.rawValue: self = .tooManyStreams
        default: return nil
        }
    }

    /// What the code of the reset says.
    init(_ code: HTTP2ErrorCode) {
        switch code {
        case .protocolError: self = .malformedRequest
        case .flowControlError: self = .flowControl
        case .refusedStream: self = .tooManyStreams
        default: self = .other
        }
    }
}

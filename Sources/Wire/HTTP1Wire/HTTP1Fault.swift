// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a message of HTTP/1.x (RFC 9110, RFC 9112), caused by the peer.
package enum HTTP1Fault: Error, Equatable, Sendable {
    // Lines and fields.
    case lineEnd, controlByte, startLine, startLineTooLong, version, target
    case fieldSyntax, folding, tooManyFields, headTooLarge
    // Framing: where a body ends.
    case contentLength, transferEncoding, transferEncodingUnknown, twoLengths
    case chunkSize, chunkExtensions, chunkEnd, bodyTooLarge
    // Requests alone.
    case host, expectation, methodNotAllowed, methodUnknown
    // Responses alone.
    case upgrade, tooManyInterim, cutOff

    /// One line for a person.
    package var text: StaticString {
        switch self {
        case .lineEnd: "a line must end with CR LF, and neither may stand alone"
        case .controlByte: "a control byte stands in the head"
        case .startLine: "the first line is malformed"
        case .startLineTooLong: "the first line is too long"
        case .version: "the version must be HTTP/1.1 or HTTP/1.0"
        case .target: "the request target is malformed"
        case .fieldSyntax: "a header field is malformed"
        case .folding: "a header field is folded over several lines"
        case .tooManyFields: "there are too many header fields"
        case .headTooLarge: "the header fields are too large"
        case .contentLength: "Content-Length must be one number"
        case .transferEncoding: "Transfer-Encoding is not for HTTP/1.0"
        case .transferEncodingUnknown: "the only Transfer-Encoding is chunked"
        case .twoLengths: "Content-Length and Transfer-Encoding exclude each other"
        case .chunkSize: "a chunk's size is malformed"
        case .chunkExtensions: "the chunk extensions are too long"
        case .chunkEnd: "a chunk is not as long as it says"
        case .bodyTooLarge: "the body is too large"
        case .host: "one valid Host is required"
        case .expectation: "the only expectation is 100-continue"
        case .methodNotAllowed:
            "a request without a path is not served: use GET, HEAD, POST, PUT or DELETE of a path"
        case .methodUnknown: "the method is unknown"
        case .upgrade: "the peer switches to another protocol"
        case .tooManyInterim: "there are too many interim responses"
        case .cutOff: "the connection ended within a message"
        }
    }
}

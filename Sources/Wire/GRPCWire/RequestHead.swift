// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import HTTP2Wire

/// What the header block of a request asks for, before its method is looked up.
package enum RequestHead {
    /// A gRPC call; its deadline counts from now. `encoding` is that of its messages; `answersInGzip` when the
    /// client compresses, and can take the same.
    case call(
        path: UnsafeRawBufferPointer, timeout: Duration?, encoding: MessageEncoding,
        answersInGzip: Bool)
    /// A gRPC call that no method can serve.
    case failed(Status)
    /// Not gRPC: answered in plain HTTP, with this status and text.
    case notGRPC(HTTPRejection)
    /// Plain HTTP, by its content type. Where there is none, it is answered with this status and text.
    case plain(HTTPRejection, path: UnsafeRawBufferPointer, isPost: Bool)

    /// Known fields of a request that are never asked for here.
    package static let unreadHeaders = HeaderNameSet(
        .scheme, .authority, .te, .userAgent, .contentLength)

    /// Judges a header block that nghttp2 has found valid (gRPC, PROTOCOL-HTTP2.md, "Requests").
    package init(_ block: HeaderBlock) {
        var isGRPC = false
        var isPost = false
        var isHead = false
        var path = UnsafeRawBufferPointer(start: nil, count: 0)
        var timeout: Duration?
        var failure: Status?
        var encoding = MessageEncoding.identity
        var acceptedEncodings = UnsafeRawBufferPointer(start: nil, count: 0)
        var position = 0
        while let (name, value) = block.nextKnown(&position) {
            switch name {
            case .contentType: isGRPC = RequestHead.isGRPC(value)
            case .method:
                isPost = value.isEqual(to: "POST")
                isHead = !isPost && value.isEqual(to: "HEAD")
            case .path: path = value
            case .grpcTimeout:
                // Two values are ambiguous.
                timeout = timeout == nil ? GRPCTimeout.parse(value) : nil
                if timeout == nil { failure = Status(.internal, "malformed grpc-timeout") }
            case .grpcEncoding:
                encoding = MessageEncoding(value)
                guard case .unsupported = encoding else { continue }
                failure = Status(
                    .unimplemented, "this grpc-encoding is unknown; use identity or gzip")
            case .grpcAcceptEncoding: acceptedEncodings = value
            default: break
            }
        }
        if block.isTooLarge {
            self = .notGRPC(.headersTooLarge.answering(isHead: isHead))
        } else if !isGRPC {
            self = .plain(
                .unsupportedMediaType.answering(isHead: isHead), path: path, isPost: isPost)
        } else if !isPost {
            self = .notGRPC(.methodNotAllowed.answering(isHead: isHead))
        } else if let failure {
            self = .failed(failure)
        } else {
            let answersInGzip =
                encoding == .gzip && MessageEncoding.acceptsGzip(acceptedEncodings)
            self = .call(
                path: path, timeout: timeout, encoding: encoding, answersInGzip: answersInGzip)
        }
    }

    /// `application/grpc`, alone or followed by `+format` or `;parameters`.
    static func isGRPC(_ contentType: UnsafeRawBufferPointer) -> Bool {
        let expected: StaticString = "application/grpc"
        let count = expected.utf8CodeUnitCount
        guard contentType.count >= count,
            UnsafeRawBufferPointer(rebasing: contentType[..<count]).isEqual(to: expected)
        else { return false }
        if contentType.count == count { return true }
        let next = contentType[count]
        return next == UInt8(ascii: "+") || next == UInt8(ascii: ";")
    }
}

/// A plain HTTP answer to what is no gRPC.
package struct HTTPRejection: Sendable {
    /// `:status`, content type and length, for the text below.
    package let headers: FixedHeaderFields
    /// The body, one line; empty in an answer to HEAD.
    package let text: StaticString

    func answering(isHead: Bool) -> HTTPRejection {
        isHead ? HTTPRejection(headers: headers, text: "") : self
    }

    static let unsupportedMediaType = HTTPRejection(
        headers: FixedHeaderFields([
            (":status", "415"), ("content-type", "text/plain"), ("content-length", "67"),
        ]),
        text: "this server speaks gRPC: the content-type must be application/grpc\n")

    static let methodNotAllowed = HTTPRejection(
        headers: FixedHeaderFields([
            (":status", "405"), ("allow", "POST"), ("content-type", "text/plain"),
            ("content-length", "37"),
        ]),
        text: "a gRPC call must use the method POST\n")

    static let headersTooLarge = HTTPRejection(
        headers: FixedHeaderFields([
            (":status", "431"), ("content-type", "text/plain"), ("content-length", "47"),
        ]),
        text: "the header fields of the request are too large\n")
}

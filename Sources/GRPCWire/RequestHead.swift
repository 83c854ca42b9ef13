// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP2Wire

/// What the header block of a request asks for, before its method is looked up.
public enum RequestHead {
    /// A gRPC call; its deadline counts from now.
    case call(timeout: Duration?)
    /// A gRPC call that cannot be served, whatever its method.
    case failed(Status)
    /// Not gRPC: answered in plain HTTP, with this status and text.
    case notGRPC(HTTPRejection)

    /// Judges a header block that nghttp2 has found valid (gRPC, PROTOCOL-HTTP2.md, "Requests").
    public init(_ block: HeaderBlock) {
        if block.isTooLarge {
            self = .notGRPC(.headersTooLarge)
        } else if !RequestHead.isGRPC(block.value(of: .contentType)) {
            self = .notGRPC(.unsupportedMediaType)
        } else if !block.value(of: .method).isEqual(to: "POST") {
            self = .notGRPC(.methodNotAllowed)
        } else if let encoding = block.value(of: .grpcEncoding), !encoding.isEqual(to: "identity") {
            self = .failed(
                Status(.unimplemented, "this grpc-encoding is not supported; use identity"))
        } else if let text = block.value(of: .grpcTimeout) {
            if let timeout = GRPCTimeout.parse(text) {
                self = .call(timeout: timeout)
            } else {
                self = .failed(Status(.internal, "malformed grpc-timeout"))
            }
        } else {
            self = .call(timeout: nil)
        }
    }

    /// `application/grpc`, alone or followed by `+format` or `;parameters`.
    static func isGRPC(_ contentType: UnsafeRawBufferPointer?) -> Bool {
        let expected: StaticString = "application/grpc"
        let count = expected.utf8CodeUnitCount
        guard let contentType, contentType.count >= count,
            UnsafeRawBufferPointer(rebasing: contentType[..<count]).isEqual(to: expected)
        else { return false }
        if contentType.count == count { return true }
        let next = contentType[count]
        return next == UInt8(ascii: "+") || next == UInt8(ascii: ";")
    }
}

/// A plain HTTP answer to what is no gRPC.
public struct HTTPRejection: Sendable {
    /// `:status`, content type and length, for the text below.
    public let headers: FixedHeaderFields
    /// The body, one line.
    public let text: StaticString

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

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import HTTP1Wire
import HTTPRouting
import SystemIO

extension HTTPRequest {
    /// A request of HTTP/1.x.
    init(_ request: HTTP1Request, from address: PeerAddress) {
        let method: Method =
            switch request.method {
            case .get: .get
            case .head: .head
            case .post: .post
            case .put: .put
            case .delete: .delete
            case .other: .other
            }
        self.init(
            method, request.path, query: request.query, fields: request.fields,
            body: request.body, from: address.isLocal ? .local : .remote,
            network: address.network)
    }
}

extension HTTPRequest.Method {
    /// The method of this name.
    init(_ name: UnsafeRawBufferPointer) {
        let known: [(StaticString, HTTPRequest.Method)] = [
            ("GET", .get), ("POST", .post), ("HEAD", .head), ("PUT", .put), ("DELETE", .delete),
        ]
        self = known.first { name.isEqual(to: $0.0) }?.1 ?? .other
    }
}

/// Path and query of a request, as they were sent.
struct HTTPTarget {
    let path: String
    let query: String?

    /// The parts of `:path`.
    init(_ bytes: UnsafeRawBufferPointer) {
        let mark = bytes.firstIndex(of: UInt8(ascii: "?"))
        path = String(decoding: bytes[..<(mark ?? bytes.endIndex)], as: UTF8.self)
        query = mark.map { String(decoding: bytes[($0 + 1)...], as: UTF8.self) }
    }
}

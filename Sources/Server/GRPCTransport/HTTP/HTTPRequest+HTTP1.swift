// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
import HTTPRouting

extension HTTPRequest {
    /// A request of HTTP/1.x.
    init(_ request: HTTP1Request, from origin: Origin) {
        let method: Method =
            switch request.method {
            case .get: .get
            case .head: .head
            case .post: .post
            case .other: .other
            }
        self.init(
            method, request.path, query: request.query, fields: request.fields.all,
            body: request.body, from: origin)
    }
}

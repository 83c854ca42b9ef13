// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire
import HTTP2Wire
import HTTPRouting

/// What serves the requests of a loop.
struct Routes {
    let methods: MethodTable
    let http: HTTPRoutes
    /// Of the responses of plain HTTP.
    let date = ResponseDate()
    /// Runs asynchronous handlers; nil when there are none that run off the loop.
    let pool: TaskPool?
    /// The answer to a path that is not there.
    private let notFound: HTTPResponse

    init(methods: MethodTable, http: HTTPRoutes, pool: TaskPool?) {
        self.methods = methods
        self.http = http
        self.pool = pool
        notFound = http.isEmpty ? .onlyGRPC : .notFound(http.paths)
    }

    /// Plain HTTP is served.
    var hasPages: Bool { !http.isEmpty }
    /// Fields of requests that nothing here reads. Pages want to know by which name they are asked for.
    var unreadHeaders: HeaderNameSet {
        hasPages ? RequestHead.unreadHeaders.without(.authority) : RequestHead.unreadHeaders
    }

    /// A request of HTTP/2 without the content type of gRPC is served. A call that lacks it is not: its client is told.
    func servePlain(_ path: UnsafeRawBufferPointer, isPost: Bool) -> Bool {
        hasPages && !(isPost && methods.method(at: path) != nil)
    }

    /// Has the handler of a path work for a request of plain HTTP.
    func answer(
        _ request: HTTPRequest, for owner: any HTTPExchangeOwner, on worker: Worker
    ) -> HTTPExchange.Beginning {
        switch http.match(request.method, request.path) {
        case .handler(let handler):
            return HTTPExchange.begin(handler, request, for: owner, on: worker)
        case .methodNotAllowed(let allow): return .refused(.methodNotAllowed(allow: allow))
        case .notFound: return .refused(notFound)
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
package import HTTP1Wire

/// Answers a request of HTTP/1.x on the server's port: at once, on the loop, from memory.
package typealias HTTP1Handler = @Sendable (HTTP1Request) -> HTTP1Response

/// What serves the requests of a loop.
struct Routes {
    let methods: MethodTable
    let http1: HTTP1Handler
    /// Runs asynchronous handlers; nil when there are none that run off the loop.
    let pool: TaskPool?

    /// For a port that serves only gRPC.
    static let refuseHTTP1: HTTP1Handler = { _ in
        HTTP1Response(
            .notFound, text: "this port serves gRPC, over HTTP/2; there is nothing else here")
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP1Wire
import Testing

@testable import HTTPRouting

@Suite("The routes of a loop")
struct HTTPRoutesTests {
    private struct Pages: HTTPService {
        func register(in routes: inout HTTPRoutes, on loop: EventLoop) {
            routes.add(.get, "/a", .immediate { _ in HTTPResponse(.ok) })
            routes.add(.get, below: "/b/", .immediate { _ in HTTPResponse(.accepted) })
            routes.add(.post, "/c", .immediate { _ in HTTPResponse(.noContent) })
        }
    }

    private func status(_ routes: HTTPRoutes, _ request: HTTPRequest) -> Int? {
        guard case .handler(var handler) = routes.match(request.method, request.path) else {
            return nil
        }
        while case .choosing(let choose) = handler { handler = choose(request) }
        guard case .immediate(let answer) = handler else { return nil }
        return answer(request).status.rawValue
    }

    @Test("Every path is listed once, for who has asked for another one")
    func paths() throws {
        let routes = HTTPRoutes(of: [Pages(), Pages()], on: try EventLoop())
        #expect(routes.paths == ["/a", "/b/*", "/c"])
    }

    @Test("A refusal is asked before each route, and decides for that request alone")
    func refusal() throws {
        var routes = HTTPRoutes()
        routes.add([Pages()], on: try EventLoop()) { request in
            request["host"] == "site.example" ? HTTPResponse(.forbidden) : nil
        }
        for (method, path, expected) in [
            (HTTPRequest.Method.get, "/a", 200), (.get, "/b/x", 202), (.post, "/c", 204),
        ] {
            let own = HTTPRequest(method, path, fields: [("host", "localhost")])
            let foreign = HTTPRequest(method, path, fields: [("host", "site.example")])
            #expect(status(routes, own) == expected)
            #expect(status(routes, foreign) == 403)
        }
        #expect(status(routes, HTTPRequest(.get, "/none")) == nil)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops

/// A set of paths that belong together; what ``GRPCService`` is for methods.
package protocol HTTPService: Sendable {
    /// Adds the service's routes to the table of one loop; called once, before the loop serves its first connection.
    func register(in routes: inout HTTPRoutes, on loop: EventLoop)
}

/// The paths that one loop serves. Built for that loop, once, so that handlers may keep state of the loop's own.
package struct HTTPRoutes {
    /// What a route is asked with.
    package enum Verb: CaseIterable, Sendable {
        /// GET, and HEAD.
        case get
        case post
        case put
        case delete

        /// Nil for a method that nothing is served for.
        init?(_ method: HTTPRequest.Method) {
            switch method {
            case .get, .head: self = .get
            case .post: self = .post
            case .put: self = .put
            case .delete: self = .delete
            case .other: return nil
            }
        }

        /// What the field `allow` says of it.
        var allowed: String {
            switch self {
            case .get: "GET, HEAD"
            case .post: "POST"
            case .put: "PUT"
            case .delete: "DELETE"
            }
        }
    }

    private struct Route {
        let verb: Verb
        let path: StaticString
        let isPrefix: Bool
        let handler: HTTPHandler

        /// It is the route of this path.
        func isAt(_ text: String) -> Bool {
            !isPrefix && text.utf8.count == path.utf8CodeUnitCount && isBeginning(of: text)
        }

        /// It is the route of all below a path that this one is below.
        func isAbove(_ text: String) -> Bool {
            isPrefix && text.utf8.count >= path.utf8CodeUnitCount && isBeginning(of: text)
        }

        private func isBeginning(of text: String) -> Bool {
            let count = path.utf8CodeUnitCount
            let isEqual = text.utf8.withContiguousStorageIfAvailable { bytes in
                (0..<count).allSatisfy { bytes[$0] == path.utf8Start[$0] }
            }
            return isEqual
                ?? text.utf8.starts(
                    with: UnsafeBufferPointer(start: path.utf8Start, count: count))
        }
    }

    /// What a request finds.
    package enum Match {
        case handler(HTTPHandler)
        /// The path is there, for these methods only.
        case methodNotAllowed(allow: String)
        case notFound
    }

    private var routes: [Route] = []

    /// No routes.
    package init() {}

    /// The routes of these services, for one loop.
    package init(of services: [any HTTPService], on loop: EventLoop) {
        for service in services { service.register(in: &self, on: loop) }
    }

    /// Whether there is nothing to find.
    package var isEmpty: Bool { routes.isEmpty }

    /// Every path once, for people; with a star for all that is below it.
    package var paths: [String] {
        routes.reduce(into: []) { paths, route in
            let path = "\(route.path)\(route.isPrefix ? "*" : "")"
            if !paths.contains(path) { paths.append(path) }
        }
    }

    /// Adds a path.
    package mutating func add(_ verb: Verb, _ path: StaticString, _ handler: HTTPHandler) {
        routes.append(Route(verb: verb, path: path, isPrefix: false, handler: handler))
    }

    /// Adds every path below `path`, which ends with a slash. An exact path is found first.
    package mutating func add(_ verb: Verb, below path: StaticString, _ handler: HTTPHandler) {
        routes.append(Route(verb: verb, path: path, isPrefix: true, handler: handler))
    }

    /// Adds the routes of these services. Each request is given to `refusal` first, which may answer it itself.
    package mutating func add(
        _ services: [any HTTPService], on loop: EventLoop,
        unless refusal: @escaping (HTTPRequest) -> HTTPResponse?
    ) {
        for route in HTTPRoutes(of: services, on: loop).routes {
            let handler = HTTPHandler.choosing { request in
                guard let response = refusal(request) else { return route.handler }
                return .immediate { _ in response }
            }
            routes.append(
                Route(
                    verb: route.verb, path: route.path, isPrefix: route.isPrefix, handler: handler))
        }
    }

    /// What serves a request of this path.
    package func match(_ method: HTTPRequest.Method, _ path: String) -> Match {
        let verb = Verb(method)
        if let exact = routes.first(where: { $0.verb == verb && $0.isAt(path) }) {
            return .handler(exact.handler)
        }
        return matchOther(verb, path)
    }

    /// What serves a request that has no route of exactly its path.
    private func matchOther(_ verb: Verb?, _ path: String) -> Match {
        let exact = routes.filter { $0.isAt(path) }
        let found = exact.isEmpty ? routes.filter { $0.isAbove(path) } : exact
        if let route = found.first(where: { $0.verb == verb }) {
            return .handler(route.handler)
        }
        if found.isEmpty { return .notFound }
        let verbs = Verb.allCases.filter { verb in found.contains { $0.verb == verb } }
        return .methodNotAllowed(allow: verbs.map(\.allowed).joined(separator: ", "))
    }
}

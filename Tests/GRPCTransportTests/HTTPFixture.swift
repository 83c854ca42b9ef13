// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCTransport
import HTTP1Wire
import HTTPRouting
import Synchronization
import TestSupport

/// A server with an HTTP handler of every kind, and what a test needs to steer them.
final class HTTPFixture: Sendable {
    /// Of the deferred requests, as they come.
    let responders = Mailbox<HTTPResponder>()
    /// Told when the client of a deferred request has left.
    let gone = Mailbox<Void>()
    /// Of the streams, as they are opened.
    let sources = Mailbox<TestBody>()
    let server: TestServer

    init(loops: Int = 1, _ change: (inout ServerConfiguration) -> Void = { _ in }) throws {
        var configuration = ServerConfiguration.patient
        change(&configuration)
        let pages = TestPages { [responders, gone, sources] routes, _ in
            routes.add(.get, "/ok", .immediate { _ in .plain("ok\n") })
            routes.add(
                .get, "/empty", .immediate { _ in HTTPResponse(.noContent, fields: []) })
            routes.add(
                .get, "/large",
                .immediate { _ in
                    HTTPResponse(
                        .ok, contentType: "x/y", body: [UInt8](repeating: 0x78, count: 3 << 20))
                })
            routes.add(
                .get, "/own",
                .immediate { _ in
                    HTTPResponse(
                        .ok, contentType: "x/y", body: [],
                        fields: [("cache-control", "max-age=1"), ("x-bad", "a\r\nb: c")])
                })
            let echo = HTTPHandler.immediate { request in
                let names = request.fields.map(\.name).filter { $0.hasPrefix("x-") }
                return .plain(
                    "\(request.method) \(request.path) \(request.query ?? "-") "
                        + "\(names.joined(separator: ",")) \(request["x-a"] ?? "-") "
                        + "\(request.body.count) \(request.origin)\n")
            }
            routes.add(.get, "/echo", echo)
            routes.add(.post, "/echo", echo)
            routes.add(.post, "/act", echo)
            routes.add(.get, below: "/below/", echo)
            routes.add(
                .get, "/later",
                .deferred { _, responder in
                    responders.put(responder)
                    return { gone.put(()) }
                })
            routes.add(
                .get, "/now",
                .deferred { _, responder in
                    responder.respond(.plain("now\n"))
                    responder.respond(.plain("twice\n"))
                    return nil
                })
            routes.add(
                .get, "/stream",
                .streaming { request, waker in
                    if request.query == "no" {
                        return .refused(HTTPResponse(.forbidden, fields: []))
                    }
                    let source = TestBody(waker)
                    sources.put(source)
                    return .open(
                        HTTPResponse(.ok, fields: [("content-type", "text/event-stream")]), source)
                })
        }
        server = try TestServer([], http: [pages], loops: loops, configuration: configuration)
    }

    func peer(receiveBuffer: CInt? = nil) throws -> ScriptedPeer {
        try ScriptedPeer(to: server.address, receiveBuffer: receiveBuffer)
    }
}

/// A body that says what a test puts in, from any thread.
final class TestBody: HTTPBodySource, Sendable {
    private let parts = Mutex<[HTTPBodyPart]>([])
    private let waker: HTTPBodyWaker
    /// Told of each `ended()`.
    let endings = Mailbox<Void>()
    /// How many parts were taken.
    let taken = Atomic<Int>(0)
    /// What it says that it has ready.
    let ready = Atomic<Int>(0)

    init(_ waker: HTTPBodyWaker) { self.waker = waker }

    func put(_ text: String) { put(.bytes(Array(text.utf8))) }

    func put(_ part: HTTPBodyPart) {
        parts.withLock { $0.append(part) }
        waker.wake()
    }

    func next() -> HTTPBodyPart {
        guard let part = parts.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else {
            return .later
        }
        taken.add(1, ordering: .relaxed)
        return part
    }

    func ended() { endings.put(()) }

    var heldBytes: Int { ready.load(ordering: .relaxed) }

    /// Says that it has so many bytes ready.
    func hold(_ count: Int) {
        ready.store(count, ordering: .relaxed)
        waker.wake()
    }
}

/// A body that never ends, and never has to be waited for.
final class EndlessBody: HTTPBodySource {
    func next() -> HTTPBodyPart { .bytes([UInt8](repeating: 0x78, count: 10_000)) }
    func ended() {}
}

extension HTTPResponse {
    static func plain(_ text: String) -> HTTPResponse {
        HTTPResponse(.ok, contentType: "text/plain", body: Array(text.utf8))
    }
}

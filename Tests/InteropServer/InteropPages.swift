// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP1Wire
import HTTPRouting
import SystemIO

/// Pages with handlers of every kind, for clients of HTTP:
///
///     GET  /ok           "ok"
///     GET  /large        a megabyte
///     GET, POST /echo    the request, line by line
///     GET  /later?N      "later", N milliseconds later
///     GET  /stream?N     N events, one every 10 ms; without an end when there is no N
///     GET  /flood        as much as the client takes, without an end
///     GET  /left         how many clients left before their answer, or in their stream
struct InteropPages: HTTPService {
    func register(in routes: inout HTTPRoutes, on loop: EventLoop) {
        let left = Count()
        let ok = plain("ok\n")
        routes.add(.get, "/ok", .immediate { _ in ok })
        let large = HTTPResponse(
            .ok, contentType: "application/octet-stream",
            body: [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20))
        routes.add(.get, "/large", .immediate { _ in large })
        routes.add(.get, "/echo", .immediate(echo))
        routes.add(.post, "/echo", .immediate(echo))
        routes.add(.get, "/left", .immediate { _ in plain("\(left.value)\n") })
        routes.add(
            .get, "/later",
            .deferred { request, responder in
                let wait = Duration.milliseconds(Int(request.query ?? "") ?? 100)
                let timer = loop.schedule(at: loop.now + wait) {
                    responder.respond(plain("later\n"))
                }
                return {
                    loop.cancel(timer)
                    left.value += 1
                }
            })
        routes.add(
            .get, "/stream",
            .streaming { request, waker in
                let events = Events(
                    request.query.flatMap { Int($0) }, waker, on: loop, left: left)
                return .open(
                    HTTPResponse(.ok, fields: [("content-type", "text/event-stream")]), events)
            })
        routes.add(
            .get, "/flood",
            .streaming { _, _ in
                .open(HTTPResponse(.ok, fields: [("content-type", "x/y")]), Flood(left: left))
            })
    }
}

private final class Count {
    var value = 0
}

private func plain(_ text: String) -> HTTPResponse {
    HTTPResponse(.ok, contentType: "text/plain", body: Array(text.utf8))
}

private func echo(_ request: HTTPRequest) -> HTTPResponse {
    var lines = ["\(request.method) \(request.path) \(request.query ?? "-")"]
    lines += request.fields.map { "\($0.name): \($0.value)" }
    lines += ["", String(decoding: request.body, as: UTF8.self)]
    return plain(lines.joined(separator: "\n"))
}

/// Numbered events, one every 10 ms.
private final class Events: HTTPBodySource {
    private var rest: Int?
    private var number = 0
    private var isDue = true
    private let waker: HTTPBodyWaker
    private let loop: EventLoop
    private var timer: TimerID?
    private let left: Count

    init(_ count: Int?, _ waker: HTTPBodyWaker, on loop: EventLoop, left: Count) {
        (rest, self.waker, self.loop, self.left) = (count, waker, loop, left)
    }

    func next() -> HTTPBodyPart {
        if rest == 0 { return .end }
        guard isDue else { return .later }
        isDue = false
        rest = rest.map { $0 - 1 }
        number += 1
        timer = loop.schedule(at: loop.now + .milliseconds(10)) { [weak self] in
            self?.isDue = true
            self?.waker.wake()
        }
        return .bytes(Array("data: \(number)\n\n".utf8))
    }

    func ended() {
        if rest != 0 { left.value += 1 }
        if let timer { loop.cancel(timer) }
    }
}

/// Never at its end, and never without something to say.
private final class Flood: HTTPBodySource {
    private let part = [UInt8](repeating: UInt8(ascii: "x"), count: 10_000)
    private let left: Count

    init(left: Count) { self.left = left }

    func next() -> HTTPBodyPart { .bytes(part) }

    func ended() { left.value += 1 }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP1Wire
import HTTPRouting
import InstanceRegistry
import LocalRegistry
import Synchronization
import SystemIO
import TestSupport
import Testing

@testable import ServedRegistry

/// A registry whose pages a test asks without a socket, on the registry's loop or on another one.
final class Registry: Sendable {
    private let group: EventLoopGroup
    private let state: LoopBound<State>
    /// How far its clock is ahead.
    private let ahead: Ahead

    private final class Ahead: Sendable {
        let value = Mutex(Duration.zero)
    }

    private final class State {
        let desk: RegistryDesk
        /// By the loop.
        var routes: [ObjectIdentifier: HTTPRoutes] = [:]

        init(_ desk: RegistryDesk) { self.desk = desk }
    }

    init(
        _ writers: RegistryService.Writers = .everybody, _ limits: InstanceTable.Limits = .init(),
        silence: Duration = .seconds(15)
    ) throws {
        let ahead = Ahead()
        self.ahead = ahead
        group = try EventLoopGroup(count: 2)
        let (home, other) = (group.loops[0], group.loops[1])
        let made = Mailbox<LoopBound<State>>()
        home.post {
            let directory = InstanceDirectory(on: home, limits) {
                .now() + ahead.value.withLock { $0 }
            }
            let state = State(RegistryDesk(directory))
            let service = RegistryService(state.desk, writers: writers, silence: silence)
            for loop in [home, other] {
                var routes = HTTPRoutes()
                service.register(in: &routes, on: loop)
                state.routes[ObjectIdentifier(loop)] = routes
            }
            made.put(LoopBound(state, on: home))
        }
        state = try #require(made.next())
    }

    deinit { group.stop() }

    /// Lets time pass.
    func pass(_ duration: Duration) { ahead.value.withLock { $0 += duration } }

    /// Does something on the loop of the registry.
    func onDesk<Value: Sendable>(
        _ work: @escaping @Sendable (RegistryDesk) -> Value
    ) throws -> Value {
        let box = Mailbox<Value>()
        state.loop.post { [state] in box.put(work(state.value.desk)) }
        return try #require(box.next())
    }

    /// The answer to a request; of a stream its head.
    @discardableResult
    func ask(
        _ method: HTTPRequest.Method, _ target: String, _ body: String = "",
        fields: [(name: String, value: String)] = [], elsewhere: Bool = false
    ) throws -> HTTPResponse {
        let mark = target.firstIndex(of: "?")
        let request = HTTPRequest(
            method, String(target[..<(mark ?? target.endIndex)]),
            query: mark.map { String(target[$0...].dropFirst()) }, fields: fields,
            body: Array(body.utf8))
        let (box, other) = (Mailbox<HTTPResponse>(), group.loops[elsewhere ? 1 : 0])
        state.loop.post { [state] in
            let routes = LoopBound(state.value.routes[ObjectIdentifier(other)]!, on: other)
            other.post {
                guard case .handler(let handler) = routes.value.match(method, request.path) else {
                    return box.put(HTTPResponse(.methodNotAllowed))
                }
                Self.work(handler, request, box)
            }
        }
        return try #require(box.next())
    }

    private static func work(
        _ handler: HTTPHandler, _ request: HTTPRequest, _ box: Mailbox<HTTPResponse>
    ) {
        switch handler {
        case .immediate(let answer): box.put(answer(request))
        case .deferred(let handler): _ = handler(request, HTTPResponder { box.put($0) })
        case .choosing(let choose): work(choose(request), request, box)
        case .streaming(let handler):
            switch handler(request, HTTPBodyWaker {}) {
            case .refused(let response): box.put(response)
            case .open(let head, let source):
                source.ended()
                box.put(head)
            }
        }
    }

    /// Opens a stream on one of the loops, as a client that takes all at once.
    func open(_ target: String, elsewhere: Bool = false) throws -> OpenStream {
        let mark = target.firstIndex(of: "?") ?? target.endIndex
        let request = HTTPRequest(
            .get, String(target[..<mark]), query: String(target[mark...].dropFirst()))
        let other = group.loops[elsewhere ? 1 : 0]
        let made = Mailbox<OpenStream?>()
        state.loop.post { [state] in
            let routes = LoopBound(state.value.routes[ObjectIdentifier(other)]!, on: other)
            other.post {
                guard case .handler(let handler) = routes.value.match(.get, request.path) else {
                    return made.put(nil)
                }
                made.put(OpenStream(handler, request, on: other))
            }
        }
        let opened = try #require(made.next())
        return try #require(opened)
    }
}

/// A client of a stream, which takes each part when there is one.
final class OpenStream: Sendable {
    private final class Source {
        var source: (any HTTPBodySource)?
        var isEnded = false
    }

    let parts = Mailbox<String>()
    private let source: LoopBound<Source>

    /// Nil when the stream is refused.
    fileprivate init?(_ handler: HTTPHandler, _ request: HTTPRequest, on loop: EventLoop) {
        var handler = handler
        while case .choosing(let choose) = handler { handler = choose(request) }
        guard case .streaming(let open) = handler else { return nil }
        let source = LoopBound(Source(), on: loop)
        self.source = source
        let parts = parts
        let waker = HTTPBodyWaker { loop.post { Self.take(source.value, parts) } }
        guard case .open(_, let opened) = open(request, waker) else { return nil }
        source.value.source = opened
        Self.take(source.value, parts)
    }

    private static func take(_ source: Source, _ parts: Mailbox<String>) {
        while !source.isEnded, case .bytes(let bytes)? = source.source?.next() {
            parts.put(String(decoding: bytes, as: UTF8.self))
        }
    }

    /// The next part that tells something.
    func next() throws -> String { try #require(parts.next()) }

    /// Leaves.
    func end() throws {
        let done = Mailbox<Bool>()
        source.loop.post { [source] in
            source.value.isEnded = true
            source.value.source?.ended()
            done.put(true)
        }
        #expect(done.next() == true)
    }
}

extension HTTPResponse {
    /// The body as text.
    var text: String { String(decoding: body, as: UTF8.self) }

    /// A field; nil when it is not there.
    func field(_ name: String) -> String? { fields.first { $0.name.description == name }?.value }
}

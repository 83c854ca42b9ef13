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
    /// Of the registry's loop, and of the other.
    private let routes = Mutex<[LoopBound<HTTPRoutes>]>([])
    /// How far its clock is ahead.
    private let ahead: Ahead

    private final class Ahead: Sendable {
        let value = Mutex(Duration.zero)
    }

    private final class State {
        let desk: RegistryDesk

        init(_ desk: RegistryDesk) { self.desk = desk }
    }

    init(
        _ writers: RegistryService.Writers = .everybody, _ limits: InstanceTable.Limits = .init(),
        silence: Duration = .seconds(15), peerShare: Int = 100
    ) throws {
        let ahead = Ahead()
        self.ahead = ahead
        group = try EventLoopGroup(count: 2)
        let (home, other) = (group.loops[0], group.loops[1])
        let made = Mailbox<LoopBound<State>>()
        let tables = Mailbox<[LoopBound<HTTPRoutes>]>()
        home.post {
            let desk = RegistryDesk(on: home, limits, maxPeerShare: peerShare) {
                .now() + ahead.value.withLock { $0 }
            }
            let state = State(desk)
            let service = RegistryService(state.desk, writers: writers, silence: silence)
            tables.put(
                [home, other].map { loop in
                    var routes = HTTPRoutes()
                    service.register(in: &routes, on: loop)
                    return LoopBound(routes, on: loop)
                })
            made.put(LoopBound(state, on: home))
        }
        state = try #require(made.next())
        let both = try #require(tables.next())
        routes.withLock { $0 = both }
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
        fields: [(name: String, value: String)] = [], elsewhere: Bool = false,
        network: PeerAddress.Network? = nil
    ) throws -> HTTPResponse {
        let request = Self.request(method, target, body, fields, network)
        let (box, other) = (Mailbox<HTTPResponse>(), group.loops[elsewhere ? 1 : 0])
        let routes = routes.withLock { $0[elsewhere ? 1 : 0] }
        other.post {
            guard case .handler(let handler) = routes.value.match(method, request.path) else {
                return box.put(HTTPResponse(.methodNotAllowed))
            }
            _ = Self.work(handler, request, box)
        }
        return try #require(box.next())
    }

    private static func request(
        _ method: HTTPRequest.Method, _ target: String, _ body: String = "",
        _ fields: [(name: String, value: String)] = [], _ network: PeerAddress.Network? = nil
    ) -> HTTPRequest {
        let mark = target.firstIndex(of: "?")
        return HTTPRequest(
            method, String(target[..<(mark ?? target.endIndex)]),
            query: mark.map { String(target[$0...].dropFirst()) }, fields: fields,
            body: Array(body.utf8), network: network)
    }

    /// Begins a request on the loop that is not the registry's, and does not wait for its answer.
    func begin(
        _ target: String, _ method: HTTPRequest.Method = .get, _ body: String = ""
    ) throws -> OpenRequest {
        let request = Self.request(method, target, body)
        let (other, opened) = (group.loops[1], OpenRequest(on: group.loops[1]))
        let routes = routes.withLock { $0[1] }
        let begun = Mailbox<Void>()
        other.post {
            if case .handler(let handler) = routes.value.match(method, request.path) {
                opened.left.value.whenGone = Self.work(handler, request, opened.answers)
            }
            begun.put(())
        }
        try #require(begun.next())
        return opened
    }

    /// Keeps the desk busy until something is put into the mailbox.
    func holdDesk() throws -> Mailbox<Void> {
        let (gate, isHeld) = (Mailbox<Void>(), Mailbox<Void>())
        state.loop.post {
            isHeld.put(())
            _ = gate.next()
        }
        try #require(isHeld.next())
        return gate
    }

    private static func work(
        _ handler: HTTPHandler, _ request: HTTPRequest, _ box: Mailbox<HTTPResponse>
    ) -> (() -> Void)? {
        switch handler {
        case .immediate(let answer): box.put(answer(request))
        case .deferred(let handler): return handler(request, HTTPResponder { box.put($0) })
        case .choosing(let choose): return work(choose(request), request, box)
        case .streaming(let handler):
            switch handler(request, HTTPBodyWaker {}) {
            case .refused(let response): box.put(response)
            case .open(let head, let source):
                source.ended()
                box.put(head)
            }
        }
        return nil
    }

    /// Opens a stream on one of the loops, as a client that takes all at once, or that is only told of news.
    func open(
        _ target: String, elsewhere: Bool = false, takesAll: Bool = true
    ) throws -> OpenStream {
        let request = Self.request(.get, target)
        let other = group.loops[elsewhere ? 1 : 0]
        let routes = routes.withLock { $0[elsewhere ? 1 : 0] }
        let made = Mailbox<OpenStream?>()
        other.post {
            guard case .handler(let handler) = routes.value.match(.get, request.path) else {
                return made.put(nil)
            }
            made.put(OpenStream(handler, request, takesAll: takesAll, on: other))
        }
        let opened = try #require(made.next())
        return try #require(opened)
    }
}

/// A request whose answer comes later.
final class OpenRequest: Sendable {
    final class Left {
        var whenGone: (() -> Void)?
    }

    let answers = Mailbox<HTTPResponse>()
    fileprivate let left: LoopBound<Left>

    fileprivate init(on loop: EventLoop) { left = LoopBound(Left(), on: loop) }

    /// Its client leaves.
    func leave() throws {
        let done = Mailbox<Void>()
        left.loop.post { [left] in
            left.value.whenGone?()
            done.put(())
        }
        try #require(done.next())
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
    fileprivate init?(
        _ handler: HTTPHandler, _ request: HTTPRequest, takesAll: Bool, on loop: EventLoop
    ) {
        var handler = handler
        while case .choosing(let choose) = handler { handler = choose(request) }
        guard case .streaming(let open) = handler else { return nil }
        let source = LoopBound(Source(), on: loop)
        self.source = source
        let parts = parts
        let waker = HTTPBodyWaker {
            if !takesAll { return parts.put("woken") }
            loop.post { Self.take(source.value, parts) }
        }
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

    /// Takes a part as a client that was slow.
    func takePart() throws -> String {
        try onLoop { source in
            guard case .bytes(let bytes) = source.next() else { return "" }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// What the source has ready.
    func heldBytes() throws -> Int { try onLoop { $0.heldBytes } }

    private func onLoop<Value: Sendable>(
        _ work: @escaping @Sendable (any HTTPBodySource) -> Value
    ) throws -> Value {
        let box = Mailbox<Value>()
        source.loop.post { [source] in
            if let open = source.value.source { box.put(work(open)) }
        }
        return try #require(box.next())
    }

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

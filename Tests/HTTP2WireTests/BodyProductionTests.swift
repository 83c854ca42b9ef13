// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP2Wire
import TestSupport
import Testing

@Suite("A body that is produced in parts")
struct BodyProductionTests {
    private let trailers = HeaderFields.custom([("grpc-status", "0"), ("grpc-message", "")])

    @Test("All of it at once, with trailers")
    func atOnce() throws {
        let pair = try SessionPair()
        let (_, accepted) = try pair.openStream()
        accepted.steps = [.last("abc", trailers: trailers)]
        #expect(pair.server.session.respond(accepted, headers: okFields, hasBody: true))
        try pair.pump()
        #expect(
            pair.client.takeEvents() == [
                .headers(1, [":status: 200"], endStream: false), .data(1, "abc", endStream: false),
                .trailers(1, ["grpc-status: 0", "grpc-message: "]), .closed(1, .noError),
            ])
    }

    @Test("Without trailers the last bytes end the stream, also when there are none")
    func withoutTrailers() throws {
        for text in ["abc", ""] {
            let pair = try SessionPair()
            let (_, accepted) = try pair.openStream(observesClose: false)
            accepted.steps = [.last(text, trailers: nil)]
            pair.server.session.respond(accepted, headers: okFields, hasBody: true)
            try pair.pump()
            #expect(pair.client.events.last == .data(1, text, endStream: true))
        }
    }

    @Test("Trailers or headers that are too large to send reset their stream and no other")
    func tooLargeToSend() throws {
        let huge = [(name: "x", value: String(repeating: "x", count: 70_000))]
        let pair = try SessionPair()
        let (_, broken) = try pair.openStream()
        let (_, mute) = try pair.openStream()
        let (_, sound) = try pair.openStream()
        broken.steps = [.last("a", trailers: .custom(huge))]
        sound.steps = [.last("b", trailers: nil)]
        let session = pair.server.session
        session.respond(broken, headers: okFields, hasBody: true)
        session.respond(
            mute, headers: .custom([(name: ":status", value: "200")] + huge), hasBody: false)
        session.respond(sound, headers: okFields, hasBody: true)
        try pair.pump()
        #expect(pair.client.events.contains(.closed(1, .internalError)))
        #expect(pair.client.events.contains(.closed(3, .internalError)))
        #expect(pair.client.events.contains(.data(5, "b", endStream: true)))
        #expect(session.openStreamCount == 0)
    }

    @Test("Trailers go before a closed window, and only once")
    func trailersWithoutWindow() throws {
        let pair = try SessionPair()
        let (_, accepted) = try pair.openStream()
        accepted.steps = [.some(String(repeating: "a", count: 65_535)), .later]
        let session = pair.server.session
        session.respond(accepted, headers: okFields, hasBody: true)
        _ = try pair.server.output()
        session.endBody(accepted)
        #expect(try pair.server.output().isEmpty)
        accepted.steps = [.last("", trailers: trailers)]
        for _ in 0..<2 { session.endBody(accepted) }
        let bytes = try pair.server.output()
        #expect(bytes.count > 9 && bytes[3] == 1 && bytes[4] == 5)
        #expect(try pair.server.output().isEmpty && accepted.isClosed)
    }

    @Test("Later means nothing until it is resumed")
    func later() throws {
        let pair = try SessionPair()
        let (_, accepted) = try pair.openStream()
        accepted.steps = [.some("a"), .later, .some("b"), .later, .last("", trailers: trailers)]
        pair.server.session.respond(accepted, headers: okFields, hasBody: true)
        try pair.pump()
        #expect(pair.client.takeEvents().last == .data(1, "a", endStream: false))
        try pair.pump()
        #expect(accepted.productions == 2 && pair.client.events.isEmpty)
        pair.server.session.resume(accepted)
        pair.server.session.resume(accepted)
        try pair.pump()
        #expect(pair.client.takeEvents() == [.data(1, "b", endStream: false)])
        pair.server.session.resume(accepted)
        try pair.pump()
        #expect(
            pair.client.takeEvents() == [
                .trailers(1, ["grpc-status: 0", "grpc-message: "]), .closed(1, .noError),
            ])
    }

    @Test("A body that fails resets its stream and no other")
    func failed() throws {
        let pair = try SessionPair()
        let (_, broken) = try pair.openStream()
        let (_, sound) = try pair.openStream()
        broken.steps = [.some("a"), .failed]
        sound.steps = [.last("b", trailers: nil)]
        pair.server.session.respond(broken, headers: okFields, hasBody: true)
        pair.server.session.respond(sound, headers: okFields, hasBody: true)
        try pair.pump()
        #expect(pair.client.events.contains(.closed(1, .internalError)))
        #expect(pair.client.events.contains(.data(3, "b", endStream: true)))
        #expect(broken.isClosed && pair.server.session.openStreamCount == 0)
    }

    @Test("No body at all: the header block is the whole answer")
    func headersOnly() throws {
        let pair = try SessionPair()
        let (_, accepted) = try pair.openStream()
        pair.server.session.respond(accepted, headers: okFields, hasBody: false)
        try pair.pump()
        #expect(
            pair.client.events == [
                .headers(1, [":status: 200"], endStream: true), .closed(1, .noError),
            ])
    }

    @Test("Fixed tables and custom lists give the same header block")
    func fixedFields() throws {
        let fixed = FixedHeaderFields([(":status", "200"), ("x-name", "value"), ("x-empty", "")])
        let custom = [
            (name: ":status", value: "200"), (name: "x-name", value: "value"),
            (name: "x-empty", value: ""),
        ]
        for headers in [HeaderFields.fixed(fixed), .custom(custom)] {
            let pair = try SessionPair()
            let (_, accepted) = try pair.openStream()
            pair.server.session.respond(accepted, headers: headers, hasBody: false)
            try pair.pump()
            #expect(
                pair.client.events.first
                    == .headers(
                        1, [":status: 200", "x-name: value", "x-empty: "], endStream: true))
        }
    }

    @Test("A large body goes in frames, as far as the client's window lets it")
    func flowControl() throws {
        let pair = try SessionPair()
        let (_, accepted) = try pair.openStream()
        let text = String(repeating: "0123456789", count: 30_000)
        accepted.steps = [.last(text, trailers: trailers)]
        pair.server.session.respond(accepted, headers: okFields, hasBody: true)
        _ = try pair.server.output()
        #expect(pair.server.session.wantsRead)
        #expect(pair.server.sent.count < 66_000)
    }

    @Test("A blocked body flows on when the window opens")
    func unblocked() throws {
        let pair = try SessionPair()
        let (_, accepted) = try pair.openStream()
        let text = String(repeating: "0123456789", count: 30_000)
        accepted.steps = [.last(text, trailers: trailers)]
        pair.server.session.respond(accepted, headers: okFields, hasBody: true)
        try pair.pump()
        #expect(pair.client.events.contains(.data(1, text, endStream: false)))
        #expect(pair.client.events.last == .closed(1, .noError))
    }

    @Test("A closed stream takes no commands")
    func closedStream() throws {
        let pair = try SessionPair()
        let (asked, accepted) = try pair.openStream()
        pair.client.session.reset(asked, .cancel)
        try pair.pump()
        #expect(accepted.isClosed)
        #expect(!pair.server.session.respond(accepted, headers: okFields, hasBody: true))
        pair.server.session.resume(accepted)
        pair.server.session.reset(accepted, .cancel)
        #expect(try pair.server.output() == [])
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP2Wire
import TestSupport
import Testing

@Suite("How streams and connections end")
struct SessionEndTests {
    @Test(
        "A reset closes the stream on both sides with its code",
        arguments: [
            HTTP2ErrorCode.cancel, .refusedStream, .enhanceYourCalm,
            HTTP2ErrorCode(rawValue: 0xdead_beef),
        ])
    func reset(_ code: HTTP2ErrorCode) throws {
        for byServer in [false, true] {
            let pair = try SessionPair()
            let (asked, accepted) = try pair.openStream()
            if byServer {
                pair.server.session.reset(accepted, code)
            } else {
                pair.client.session.reset(asked, code)
            }
            try pair.pump()
            #expect(pair.client.events == [.closed(1, code)])
            #expect(pair.server.events == [.closed(1, code)])
            #expect(asked.isClosed && accepted.isClosed)
        }
    }

    @Test("A close is reported only to a stream that asked for it")
    func unobserved() throws {
        let pair = try SessionPair()
        let (asked, accepted) = try pair.openStream(observesClose: false)
        pair.client.session.reset(asked, .cancel)
        try pair.pump()
        #expect(pair.client.events.isEmpty && pair.server.events.isEmpty)
        #expect(asked.isClosed && accepted.isClosed)
        #expect(pair.server.session.openStreamCount == 0)
    }

    @Test("A stream that closes while output is made is told of after it")
    func closedWhileSending() throws {
        let pair = try SessionPair()
        let (_, accepted) = try pair.openStream()
        pair.server.session.respond(accepted, headers: okFields, hasBody: false)
        while try pair.server.session.nextOutput() != nil {}
        let closed = try #require(pair.server.session.takeClosedStream())
        #expect(closed.stream === accepted && closed.code == .noError)
        #expect(pair.server.session.takeClosedStream() == nil)
        #expect(accepted.isClosed)
    }

    @Test("The object of a stream that can begin again is the next stream; of another it is not")
    func beginningAgain() throws {
        let pair = try SessionPair()
        for canBeginAgain in [false, true] {
            let (_, first) = try pair.openStream(observesClose: false)
            first.canBeginAgain = canBeginAgain
            pair.server.session.respond(first, headers: okFields, hasBody: false)
            try pair.pump()
            #expect(first.isClosed)
            let (_, second) = try pair.openStream(observesClose: false)
            #expect((second === first) == canBeginAgain)
            #expect(!second.isClosed && second.isPeerDone && !second.canBeginAgain)
            #expect(second.id.rawValue == (canBeginAgain ? 7 : 3))
            pair.server.session.respond(second, headers: okFields, hasBody: false)
            try pair.pump()
        }
        #expect(pair.server.session.openStreamCount == 0)
    }

    @Test("Objects of closed streams are let go of when they are not wanted")
    func droppingSpares() throws {
        let pair = try SessionPair()
        weak var spare: ScriptedStream?
        try {
            let (_, stream) = try pair.openStream(observesClose: false)
            stream.canBeginAgain = true
            spare = stream
            pair.server.session.respond(stream, headers: okFields, hasBody: false)
            try pair.pump()
        }()
        #expect(spare != nil)
        pair.server.session.dropSpareStreams()
        #expect(spare == nil)
    }

    @Test("A stream that closes before its events are read lives until they are forgotten")
    func closedBeforeRead() throws {
        let batch = HTTP2EventBatch()
        weak var accepted: HTTP2Stream?
        let session = try HTTP2Session.make(.server) {
            let stream = HTTP2Stream(id: $0)
            accepted = stream
            return stream
        }
        let request = Frame.headers(1, getFields.map { ($0.name, $0.value) }, endStream: true)
        let bytes =
            Frame.preface + Frame.settings().bytes + request.bytes + Frame.reset(1).bytes
        try bytes.withUnsafeBytes { try session.receive($0, into: batch) }
        #expect(session.openStreamCount == 0 && accepted?.isClosed == true)
        for case .headers(let reference, _, _) in batch.events {
            #expect(reference.stream === accepted)
        }
        batch.reset()
        #expect(accepted == nil)
    }

    @Test("A closed stream's object goes with the last event of it", arguments: [true, false])
    func released(_ observesClose: Bool) throws {
        weak var asked: ScriptedStream?
        weak var accepted: ScriptedStream?
        let pair = try SessionPair()
        try {
            let streams = try pair.openStream(observesClose: observesClose)
            (asked, accepted) = (streams.client, streams.server)
            pair.server.session.respond(streams.server, headers: okFields, hasBody: false)
        }()
        #expect(asked != nil && accepted != nil)
        try pair.pump()
        #expect(asked == nil && accepted == nil)
    }

    @Test("A session that goes away with open streams lets go of each")
    func openStreams() throws {
        final class Canary: HTTP2Stream {
            nonisolated(unsafe) static var living = 0
            override init(id: StreamID) {
                super.init(id: id)
                Canary.living += 1
            }
            deinit { Canary.living -= 1 }
        }
        // Many, so that a release in a chain would overflow the stack.
        let count = 20_000
        var settings = HTTP2Settings()
        settings.maxConcurrentStreams = UInt32(count)
        var server: SessionSide? = try SessionSide(.server, settings: settings) { Canary(id: $0) }
        server?.receive(Frame.preface + Frame.settings().bytes)
        _ = try server?.output()
        server?.receive(Frame.settingsAcknowledgement.bytes)
        let fields = getFields.map { ($0.name, $0.value) }
        for index in 0..<count {
            server?.receive(Frame.headers(Int32(2 * index + 1), fields).bytes)
        }
        #expect(server?.session.openStreamCount == count && Canary.living == count)
        server = nil
        #expect(Canary.living == 0)
    }

    @Test("Every open stream is visited once, also while streams close")
    func visiting() throws {
        let pair = try SessionPair()
        let streams = try (0..<5).map { _ in try pair.openStream().server }
        pair.server.session.reset(streams[2], .cancel)
        _ = try pair.server.output()
        var visited: [Int32] = []
        pair.server.session.forEachStream { visited.append($0.id.rawValue) }
        #expect(visited.sorted() == [1, 3, 7, 9])
    }

    @Test("GOAWAY carries its last stream, its code and its text", arguments: ["", "calm down"])
    func goAway(_ text: String) throws {
        let pair = try SessionPair()
        _ = try pair.openStream()
        let payload =
            UInt32(1).bigEndianBytes + UInt32(11).bigEndianBytes + Array(text.utf8)
        let frame = Frame(.goAway, payload)
        // More bytes behind it, which nghttp2 reads into the same buffers.
        pair.client.receive(frame.bytes + Frame.ping(7).bytes + Frame.settings([(3, 9)]).bytes)
        #expect(pair.client.events.first == .goAway(1, .enhanceYourCalm, text))
    }

    @Test(
        "A client's GOAWAY is an orderly end, with any stream number and cut anywhere",
        arguments: [0, 1, 2, 3, 7, UInt32.max])
    func goAwayOfClient(_ last: UInt32) throws {
        for size in [1, 2, 5, 9, 11, 1000] {
            let pair = try SessionPair()
            let (_, accepted) = try pair.openStream()
            let payload = last.bigEndianBytes + UInt32(0).bigEndianBytes + Array("bye".utf8)
            var bytes = (Frame(.goAway, payload).bytes + Frame.ping(7).bytes)[...]
            while !bytes.isEmpty {
                pair.server.receive(bytes.prefix(size))
                bytes = bytes.dropFirst(size)
            }
            #expect(pair.server.takeEvents() == [.goAway(0, .noError, "bye")])
            // What has begun is answered, and then there is no more to come.
            pair.server.session.respond(accepted, headers: okFields, hasBody: false)
            try pair.pump()
            #expect(
                pair.client.takeEvents().contains(
                    .headers(1, [":status: 200"], endStream: true)))
            let session = pair.server.session
            #expect(session.violation == nil && !session.wantsRead && !session.wantsWrite)
        }
    }

    @Test("Our own GOAWAY says the last stream that was served")
    func ownGoAway() throws {
        let pair = try SessionPair()
        let (_, accepted) = try pair.openStream()
        _ = try pair.openStream()
        pair.server.session.submitGoAway(.noError, debugText: "bye")
        try pair.pump()
        #expect(pair.client.takeEvents() == [.goAway(3, .noError, "bye")])
        // Streams that are open are served to their end.
        #expect(pair.server.session.wantsRead)
        pair.server.session.respond(accepted, headers: okFields, hasBody: false)
        try pair.pump()
        #expect(pair.client.events.first == .headers(1, [":status: 200"], endStream: true))
    }

    @Test("After GOAWAY the session wants nothing once its streams have ended")
    func finished() throws {
        let pair = try SessionPair()
        let (_, accepted) = try pair.openStream()
        pair.server.session.submitShutdownNotice()
        let notice = try pair.server.output()
        // A stream that is on its way is still served.
        let (_, late) = try pair.openStream()
        pair.client.receive(notice)
        #expect(pair.client.takeEvents() == [.goAway(.max, .noError, "")])
        pair.server.session.submitGoAway(.noError)
        try pair.pump()
        #expect(pair.client.takeEvents() == [.goAway(3, .noError, "")])
        for stream in [accepted, late] {
            #expect(pair.server.session.wantsRead)
            pair.server.session.respond(stream, headers: okFields, hasBody: false)
            try pair.pump()
        }
        #expect(!pair.server.session.wantsRead && !pair.server.session.wantsWrite)
        #expect(!pair.client.session.wantsRead && !pair.client.session.wantsWrite)
    }

    @Test("A request after the peer's GOAWAY is closed as refused, not lost")
    func requestAfterGoAway() throws {
        let pair = try SessionPair()
        _ = try pair.openStream()
        pair.server.session.submitGoAway(.noError)
        try pair.pump()
        _ = pair.client.takeEvents()
        let stream = ScriptedStream()
        stream.observesClose = true
        let isTaken = pair.client.session.request(
            stream, headers: .custom(getFields), hasBody: false)
        try pair.pump()
        #expect(!isTaken || stream.isClosed)
        if isTaken { #expect(pair.client.events.map(\.streamID) == [stream.id.rawValue]) }
    }

    @Test("Streams above the last one of a GOAWAY close as refused")
    func unservedStreams() throws {
        let pair = try SessionPair()
        _ = try pair.openStream()
        _ = try pair.openStream()
        let payload = UInt32(1).bigEndianBytes + UInt32(0).bigEndianBytes
        pair.client.receive(Frame(.goAway, payload).bytes)
        #expect(pair.client.events.contains(.closed(3, .refusedStream)))
        #expect(!pair.client.events.contains(.closed(1, .refusedStream)))
    }
}

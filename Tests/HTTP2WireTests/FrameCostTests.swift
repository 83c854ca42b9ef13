// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP2Wire
import TestSupport
import Testing

@Suite("What a client's frames cost")
struct FrameCostTests {
    private let fields = getFields.map { ($0.name, $0.value) }

    private func greetedServer() throws -> SessionSide {
        let server = try SessionSide(.server)
        server.receive(Frame.preface + Frame.settings().bytes + Frame.settingsAcknowledgement.bytes)
        _ = try server.output()
        _ = server.takeEvents()
        _ = server.session.takeCosts()
        return server
    }

    /// What `frames` cost a server, however they are cut.
    private func cost(
        _ frames: [Frame], sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> UInt32 {
        let costs = try [1, 5, 1 << 20].map { size in
            let server = try greetedServer()
            var bytes = frames.flatMap(\.bytes)[...]
            while !bytes.isEmpty {
                server.receive(bytes.prefix(size))
                bytes = bytes.dropFirst(size)
            }
            _ = try server.output()
            return server.session.costs.unproductiveFrames
        }
        #expect(Set(costs).count == 1, sourceLocation: sourceLocation)
        return costs[0]
    }

    @Test("A frame that brings no call forward counts")
    func unproductive() throws {
        let open = Frame.headers(1, fields)
        var padded = Frame.data(1, [3, 0, 0, 0])
        padded.flags = 0x8
        var unknown = Frame.data(1, [1])
        unknown.kind = 0xbe
        let cases: [(frame: Frame, cost: UInt32)] = [
            (.ping(1), 1), (.settings([(4, 1)]), 10), (.windowUpdate(0, by: 1), 1),
            (.windowUpdate(1, by: 1), 1), (.reset(1), 1), (.data(1, []), 1), (padded, 1),
            (unknown, 1), (Frame(.priority, streamID: 9, [0, 0, 0, 0, 0]), 1),
            (.ping(1, isAcknowledgement: true), 1), (.data(1, [1]), 0),
            (.data(1, [], endStream: true), 0), (.data(1, [1], endStream: true), 0),
            (.headers(1, [("x", "y")], endStream: true), 0),
        ]
        #expect(try cost([open]) == 0)
        for (frame, expected) in cases { #expect(try cost([open, frame]) == expected, "\(frame)") }
    }

    @Test("A stream that the client makes us reset counts for ten")
    func madeYouReset() throws {
        let open = Frame.headers(1, fields)
        let length = Frame.headers(1, fields + [("content-length", "1")])
        let cases: [[Frame]] = [
            [.headers(1, fields + [("Upper", "x")], endStream: true)],
            [length, .data(1, [1, 2])], [length, .data(1, [], endStream: true)],
            [open, .headers(1, [("x", "y")])],
        ]
        for frames in cases { #expect(try cost(frames) == 10, "\(frames)") }
        // The WINDOW_UPDATE itself too.
        #expect(try cost([open, .windowUpdate(1, by: 0x7fff_ffff)]) == 11)
    }

    @Test("A stream that we reset of our own will costs nothing, and is no work done")
    func ownReset() throws {
        let pair = try SessionPair()
        let (_, accepted) = try pair.openStream()
        _ = pair.server.session.takeCosts()
        pair.server.session.reset(accepted, .cancel)
        try pair.pump()
        #expect(pair.server.session.costs.unproductiveFrames == 0)
        #expect(pair.server.session.costs.completedWork == 0)
    }

    @Test("A client that resets with NO_ERROR has had no work done")
    func resetWithoutError() throws {
        let server = try greetedServer()
        server.receive(
            Frame.headers(1, fields, endStream: true).bytes + Frame.reset(1, code: 0).bytes)
        #expect(
            server.session.costs.completedWork == 0 && server.session.costs.unproductiveFrames == 1)
    }

    @Test("Our own PING comes back for nothing")
    func ownPing() throws {
        let pair = try SessionPair()
        try pair.pump()
        _ = pair.server.session.takeCosts()
        pair.server.session.submitPing(1)
        pair.client.session.submitPing(2)
        try pair.pump()
        #expect(pair.server.session.costs.unproductiveFrames == 1)
        #expect(pair.server.session.costs.pings == 1)
    }

    @Test("An answered stream is work done, and so is a part that ends or is long")
    func completed() throws {
        let pair = try SessionPair()
        let (_, accepted) = try pair.openStream()
        accepted.steps = [
            .some("message"), .later, .some(String(repeating: "x", count: 100_000)),
            .last("end", trailers: nil),
        ]
        pair.server.session.respond(accepted, headers: okFields, hasBody: true)
        try pair.pump()
        #expect(pair.server.session.costs.completedWork == 1)
        pair.server.session.resume(accepted)
        try pair.pump()
        // 100,000 bytes in frames of 16,384, and the end.
        #expect(pair.server.session.costs.completedWork == 1 + 7 + 1)
    }

    @Test("Windows of one byte each make no work of a long response")
    func tinyWindows() throws {
        let server = try SessionSide(.server)
        defer { server.onEvent = nil }
        server.onEvent = {
            guard case .headers(let reference, _, _) = $0,
                let stream = reference.stream as? ScriptedStream
            else { return }
            stream.steps = [.last(String(repeating: "x", count: 1000), trailers: nil)]
            server.session.respond(stream, headers: okFields, hasBody: true)
        }
        server.receive(Frame.preface + Frame.settings([(4, 1)]).bytes)
        server.receive(Frame.headers(1, fields, endStream: true).bytes)
        _ = try server.output()
        for _ in 0..<100 {
            server.receive(Frame.windowUpdate(1, by: 1).bytes)
            _ = try server.output()
        }
        #expect(server.session.costs.completedWork == 0)
        #expect(server.session.costs.unproductiveFrames == 110)
    }

    @Test("A header block arrives byte by byte without harm")
    func trickle() throws {
        let server = try greetedServer()
        let block = HeaderLiterals.encode(fields)
        let (start, end) = (block.count / 3, 2 * block.count / 3)
        let frames = [
            Frame(.headers, flags: Frame.endStream, streamID: 1, Array(block[..<start])),
            Frame(.continuation, streamID: 1, Array(block[start..<end])),
            Frame(.continuation, flags: Frame.endHeaders, streamID: 1, Array(block[end...])),
        ]
        let bytes = frames.flatMap(\.bytes)
        for byte in bytes.dropLast() {
            server.receive([byte])
            #expect(server.session.isMidFrame || server.session.isMidHeaderBlock)
        }
        #expect(server.events == [])
        server.receive([bytes.last!])
        #expect(server.events == [.headers(1, getLines, endStream: true)])
        #expect(!server.session.isMidFrame && !server.session.isMidHeaderBlock)
    }

    @Test("CONTINUATION without end is too much, by number and by length", arguments: [0, 16_384])
    func continuationFlood(_ length: Int) throws {
        let server = try greetedServer()
        server.receive(Frame(.headers, streamID: 1, [0x82]).bytes)
        #expect(server.session.isMidHeaderBlock)
        // A literal name that is longer than all of it.
        var payload: [UInt8] = [0x00, 0x7f, 0xff, 0xff, 0xff, 0x07]
        payload = Array((payload + [UInt8](repeating: 97, count: 16_384)).prefix(length))
        var sent = 0
        while server.session.wantsRead, sent < 40 {
            server.receive(Frame(.continuation, streamID: 1, payload).bytes)
            _ = try server.output()
            payload = [UInt8](repeating: 97, count: length)
            sent += 1
        }
        #expect(server.session.violation?.code == .enhanceYourCalm || length > 0)
        #expect(!server.session.wantsRead && sent <= 33)
    }

    @Test("A thousand PINGs in one read are all answered")
    func manyPings() throws {
        let server = try greetedServer()
        server.receive(Array([[UInt8]](repeating: Frame.ping(7).bytes, count: 3800).joined()))
        #expect(try server.output().count == 3800 * 17)
        #expect(server.session.costs.pings == 3800)
    }

    @Test("Many resets of the client's own are counted, not answered with an error")
    func manyResets() throws {
        let server = try greetedServer()
        for index: Int32 in 0..<3000 {
            server.receive(
                Frame.headers(2 * index + 1, fields).bytes + Frame.reset(2 * index + 1).bytes)
        }
        #expect(try server.output() == [] && server.session.wantsRead)
        #expect(server.session.costs.unproductiveFrames == 3000)
    }

    @Test("A frame that is cut off midway is told apart from one that is complete")
    func midFrame() throws {
        let server = try SessionSide(.server)
        #expect(!server.session.isMidFrame)
        server.receive(Frame.preface)
        #expect(!server.session.isMidFrame)
        server.receive(Frame.settings().bytes)
        #expect(!server.session.isMidFrame)
        server.receive(Frame.ping(1).bytes.prefix(3))
        #expect(server.session.isMidFrame)
        server.receive(Frame.ping(1).bytes.dropFirst(3).prefix(7))
        #expect(server.session.isMidFrame)
        server.receive(Frame.ping(1).bytes.dropFirst(10))
        #expect(!server.session.isMidFrame)
    }
}

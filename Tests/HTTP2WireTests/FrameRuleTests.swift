// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP2Wire
import TestSupport
import Testing

@Suite("Rules that nghttp2 leaves to us")
struct FrameRuleTests {
    private let fields = getFields.map { ($0.name, $0.value) }

    /// A server that has the client's SETTINGS, and answers every request at once.
    private func server() throws -> SessionSide {
        let server = try SessionSide(.server)
        server.onEvent = { [unowned server] event in
            guard case .headers(let reference, _, true) = event else { return }
            server.session.respond(reference.stream, headers: okFields, hasBody: false)
        }
        server.receive(Frame.preface + Frame.settings().bytes + Frame.settingsAcknowledgement.bytes)
        _ = try server.output()
        _ = server.takeEvents()
        _ = server.session.takeCosts()
        return server
    }

    /// What the server sends: each frame.
    private func frames(_ server: SessionSide) throws -> [Frame] {
        var bytes = try server.output()
        var frames: [Frame] = []
        while let frame = Frame(takingFrom: &bytes) { frames.append(frame) }
        return frames
    }

    /// The frames end the connection with this code and text, however their bytes come.
    private func expectEnd(
        _ code: HTTP2ErrorCode, _ text: String, _ sent: [Frame],
        in sizes: [Int] = [1, 7, 10, 1 << 20],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for size in sizes {
            let server = try server()
            var bytes = sent.flatMap(\.bytes)[...]
            while !bytes.isEmpty {
                server.receive(bytes.prefix(size))
                bytes = bytes.dropFirst(size)
                _ = try server.output()
            }
            let violation = server.session.violation
            #expect(violation?.code == code, sourceLocation: sourceLocation)
            #expect(violation?.text == text, sourceLocation: sourceLocation)
            #expect(!server.session.wantsRead, sourceLocation: sourceLocation)
            #expect(!server.session.wantsWrite, sourceLocation: sourceLocation)
            let last = server.sent.suffix(text.utf8.count)
            #expect(String(decoding: last, as: UTF8.self) == text, sourceLocation: sourceLocation)
        }
    }

    @Test("A stream below an earlier one that was never opened cannot be opened")
    func lowerStream() throws {
        let text = "HEADERS: stream_id is lower than an earlier one"
        let five = Frame.headers(5, fields, endStream: true)
        try expectEnd(.protocolError, text, [five, .headers(3, fields, endStream: true)])
        try expectEnd(.protocolError, text, [five, .headers(1, fields, endStream: true)])
        let nine = Frame.headers(9, fields, endStream: true)
        try expectEnd(.protocolError, text, [five, nine, .headers(7, fields)])
        try expectEnd(
            .protocolError, "DATA: stream was never opened", [five, .data(3, [1])])
    }

    @Test("On a stream that the client has ended nothing more comes")
    func closedStream() throws {
        let one = Frame.headers(1, fields, endStream: true)
        try expectEnd(
            .streamClosed, "HEADERS: stream closed", [one, .headers(1, fields, endStream: true)])
        // After an answer; before it nghttp2 sees to it, in other words.
        let answered = [one, Frame.ping(1)]
        try expectEnd(
            .streamClosed, "DATA: stream closed", answered + [.data(1, [1], endStream: true)],
            in: [one.bytes.count, 1])
        let open = Frame.headers(1, fields)
        try expectEnd(.streamClosed, "DATA: stream closed", [open, .reset(1), .data(1, [1])])
        try expectEnd(
            .streamClosed, "HEADERS: stream closed",
            [open, .headers(3, fields), .reset(1), .headers(1, fields, endStream: true)])
    }

    @Test("On a stream that the server has cut off the client's frames may be under way")
    func cutOffStream() throws {
        let server = try server()
        server.onEvent = { event in
            guard case .headers(let reference, _, false) = event else { return }
            server.session.reset(reference.stream, .cancel)
        }
        defer { server.onEvent = nil }
        for id: Int32 in stride(from: 1, to: 1001, by: 2) {
            server.receive(Frame.headers(id, fields).bytes)
            _ = try server.output()
        }
        for id: Int32 in [1, 3, 501, 997, 999] {
            server.receive(Frame.data(id, [1]).bytes)
            server.receive(Frame.headers(id, [("x", "y")], endStream: true).bytes)
        }
        #expect(try server.output() == [] && server.session.wantsRead)
        #expect(server.session.costs.unproductiveFrames == 10)
    }

    @Test("A stream that was refused, being one too many, gets no harsher answer for its data")
    func refusedStream() throws {
        var settings = HTTP2Settings()
        settings.maxConcurrentStreams = 1
        let server = try SessionSide(.server, settings: settings)
        // Without ACK: the client cannot know the limit yet.
        server.receive(Frame.preface + Frame.settings().bytes)
        server.receive(Frame.headers(1, fields).bytes + Frame.headers(3, fields).bytes)
        let resets = try frames(server).filter { $0.isA(.rstStream) }
        #expect(resets.map(\.streamID) == [3] && resets.first?.resetCode == 7)
        server.receive(Frame.data(3, [1]).bytes + Frame.data(1, [1], endStream: true).bytes)
        #expect(try server.output() == [] && server.session.wantsRead)
        #expect(server.session.costs.unproductiveFrames == 21)
    }

    @Test("Streams above the last one of our GOAWAY are passed over")
    func afterGoAway() throws {
        let server = try server()
        server.receive(Frame.headers(1, fields).bytes)
        server.session.submitGoAway(.noError)
        _ = try server.output()
        server.receive(Frame.headers(3, fields).bytes + Frame.headers(5, fields).bytes)
        server.receive(Frame.data(3, [1]).bytes + Frame.data(5, [1], endStream: true).bytes)
        #expect(try server.output() == [] && server.session.wantsRead)
    }

    @Test("PRIORITY has a stream, and does not depend on itself")
    func priority() throws {
        func priority(_ id: Int32, _ dependency: UInt32) -> Frame {
            Frame(.priority, streamID: id, dependency.bigEndianBytes + [15])
        }
        try expectEnd(.protocolError, "PRIORITY: stream_id == 0", [priority(0, 3)])
        try expectEnd(.protocolError, "PRIORITY: depend on itself", [priority(7, 7)])
        try expectEnd(.protocolError, "PRIORITY: depend on itself", [priority(7, 0x8000_0007)])
        let server = try server()
        server.receive((priority(7, 5).bytes + priority(5, 0).bytes) + Frame.ping(1).bytes)
        #expect(try frames(server) == [Frame.ping(1, isAcknowledgement: true)])
        try expectEnd(
            .frameSizeError, "frame size: not one that this type of frame can have",
            [Frame(.priority, streamID: 1, [0, 0, 0, 0])])
    }

    @Test("SETTINGS that make a stream's window too large end the connection")
    func windowBySettings() throws {
        try expectEnd(
            .flowControlError, "SETTINGS: a stream's window becomes too large",
            [.headers(1, fields), .windowUpdate(1, by: 1), .settings([(4, 0x7fff_ffff)])])
        // By WINDOW_UPDATE it is the stream's error alone.
        let server = try server()
        server.receive(Frame.headers(1, fields).bytes + Frame.windowUpdate(1, by: .max >> 1).bytes)
        #expect(try frames(server) == [.reset(1, code: 3)])
        #expect(server.session.wantsRead)
    }

    @Test("Every GOAWAY because of an error says why")
    func debugText() throws {
        try expectEnd(.protocolError, "DATA: stream in idle", [.data(1, [1])])
        try expectEnd(
            .compressionError, "header block: it cannot be decoded",
            [Frame(.headers, flags: 5, streamID: 1, [0x80])])
        try expectEnd(
            .flowControlError, "flow control: a window is exceeded",
            [.windowUpdate(0, by: 0x7fff_ffff)])
        try expectEnd(
            .frameSizeError, "frame size: not one that this type of frame can have",
            [Frame(.ping, [1])])
    }

    @Test("Data beyond a stream's window resets that stream only")
    func streamWindow() throws {
        var settings = HTTP2Settings()
        settings.keepsStreamWindows = true
        let server = try SessionSide(.server, settings: settings)
        server.receive(Frame.preface + Frame.settings().bytes + Frame.settingsAcknowledgement.bytes)
        server.receive(Frame.headers(1, fields).bytes + Frame.headers(3, fields).bytes)
        for _ in 0..<3 { server.receive(Frame.data(1, [UInt8](repeating: 0, count: 16_384)).bytes) }
        server.receive(Frame.data(1, [UInt8](repeating: 0, count: 16_383)).bytes)
        #expect(try frames(server).allSatisfy { !$0.isA(.rstStream) })
        server.receive(Frame.data(1, [0]).bytes + Frame.data(3, [1], endStream: true).bytes)
        let resets = try frames(server).filter { $0.isA(.rstStream) }
        #expect(resets.map(\.streamID) == [1] && resets.first?.resetCode == 3)
        #expect(server.events.last == .data(3, "\u{1}", endStream: true))
    }

    @Test("A field that no request may have makes it malformed: its stream is reset")
    func invalidFields() throws {
        for field in [("x y", "z"), ("", "z"), ("x", "a\u{0}"), ("x", " a"), ("x", "a\r")] {
            let server = try server()
            server.receive(Frame.headers(1, fields + [field], endStream: true).bytes)
            #expect(server.events == [])
            #expect(try frames(server) == [.reset(1, code: 1)])
        }
    }

    @Test("The first reason counts, and after it nothing is read or sent")
    func terminate() throws {
        let server = try server()
        server.receive(Frame.headers(1, fields).bytes)
        server.session.terminate(.enhanceYourCalm, "too many of something")
        server.session.terminate(.protocolError, "never said")
        server.session.submitGoAway(.noError)
        server.receive(Frame.headers(3, fields, endStream: true).bytes + [9, 9, 9, 9, 9, 9, 9])
        let sent = try frames(server)
        #expect(sent.count == 1 && sent.first?.goAway?.code == 11)
        #expect(server.session.violation?.text == "too many of something")
        #expect(!server.session.wantsRead && !server.session.wantsWrite)
    }
}

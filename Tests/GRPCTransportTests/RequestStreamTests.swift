// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import GRPCWire
import TestSupport
import Testing

@Suite("A handler that reads a stream")
struct RequestStreamTests {
    @Test("gets the messages, however they are cut into frames")
    func messages() throws {
        let peer = try StreamFixture().greetedPeer()
        try peer.call("/test.Streams/Sum", on: 1)
        let bytes = prefixed([1]) + prefixed([]) + prefixed([1, 2, 3])
        for byte in bytes { try peer.send(.data(1, [byte])) }
        try peer.send(.data(1, bytes))
        try peer.send(.data(1, [], endStream: true))
        let answer = try peer.nextAnswer()
        #expect(answer.message == [1, 0, 3, 1, 0, 3] && answer.trailers == ["grpc-status: 0"])
        try peer.expectSilence()
    }

    @Test("sees the end of an empty stream", arguments: [true, false])
    func empty(_ inHeaders: Bool) throws {
        let peer = try StreamFixture().greetedPeer()
        let fields = ScriptedPeer.callFields("/test.Streams/Sum")
        try peer.send(.headers(1, fields, endStream: inHeaders))
        if !inHeaders { try peer.send(.data(1, [], endStream: true)) }
        #expect(try peer.nextAnswer().message == [])
    }

    @Test("may answer before the end: the rest is not wanted")
    func early() throws {
        let peer = try StreamFixture().greetedPeer()
        try peer.call("/test.Streams/First", on: 1)
        try peer.send(.data(1, prefixed([7]) + prefixed([8])))
        let answer = try peer.nextAnswer()
        #expect(answer.message == [7] && answer.trailers == ["grpc-status: 0"])
        #expect(try peer.next(.rstStream) == .reset(1, code: 0))
        try peer.expectSilence()
    }

    @Test("echoes each message as it comes")
    func pingPong() throws {
        let peer = try StreamFixture().greetedPeer()
        try peer.call("/test.Streams/Echo", on: 1)
        try peer.expectSilence()
        for index in 0..<5 {
            try peer.send(.data(1, prefixed([UInt8(index)])))
            if index == 0 { _ = try peer.nextHeaders(endStream: false) }
            #expect(try peer.nextMessage() == [UInt8(index)])
        }
        try peer.send(.data(1, [], endStream: true))
        #expect(try peer.nextHeaders(endStream: true) == ["grpc-status: 0"])
    }

    @Test("that refuses ends the call at once")
    func refuses() throws {
        let peer = try StreamFixture().greetedPeer()
        try peer.call("/test.Streams/Refuse", on: 1)
        try peer.expectSilence()
        try peer.send(.data(1, prefixed([1])))
        #expect(try peer.nextHeaders(endStream: true) == trailersOnly(10, "no"))
        #expect(try peer.next(.rstStream) == .reset(1, code: 0))
    }

    @Test(
        "learns that a message is broken, and so does the client",
        arguments: [
            ([0, 0, 1, 0x86, 0xa1], 8, "message larger than max (100001 vs. 100000 bytes)"),
            ([1, 0, 0, 0, 0], 13, "a message is compressed, but no grpc-encoding was agreed"),
            ([2, 0, 0, 0, 0], 13, "a message has the invalid flag byte 2"),
        ] as [([UInt8], Int, String)])
    func broken(_ bytes: [UInt8], _ code: Int, _ text: String) throws {
        let fixture = try StreamFixture()
        let peer = try fixture.greetedPeer()
        try peer.call("/test.Streams/Sum", on: 1)
        try peer.send(.data(1, prefixed([1]) + bytes))
        #expect(try peer.nextHeaders(endStream: true) == trailersOnly(code, text))
        #expect(try peer.next(.rstStream) == .reset(1, code: 0))
        #expect(fixture.failures.next()?.message == text)
    }

    @Test("learns that the last message is cut off", arguments: [1, 5, 7])
    func cutOff(_ count: Int) throws {
        let peer = try StreamFixture().greetedPeer()
        try peer.call("/test.Streams/Sum", on: 1)
        let last = prefixed([1, 2, 3])[..<count]
        try peer.send(.data(1, prefixed([1]) + last, endStream: true))
        #expect(
            try peer.nextHeaders(endStream: true)
                == trailersOnly(13, "the request ends within a message"))
        try peer.expectSilence()
    }

    @Test("and waits is told of the client's reset")
    func reset() throws {
        let fixture = try StreamFixture()
        let peer = try fixture.greetedPeer()
        try peer.call("/test.Streams/Sum", on: 1)
        #expect(fixture.begun.next() != nil)
        try peer.send(.reset(1))
        #expect(fixture.failures.next() == Status(.cancelled, "the client has left the call"))
        try peer.expectSilence()
    }

    @Test("and waits is told of the connection's end")
    func connectionEnd() throws {
        let fixture = try StreamFixture()
        var peer: ScriptedPeer? = try fixture.greetedPeer()
        try peer?.call("/test.Streams/Sum", on: 1)
        #expect(fixture.begun.next() != nil)
        peer = nil
        #expect(fixture.failures.next()?.code == .cancelled)
    }

    @Test("and waits is told of the deadline, although no data ever came")
    func deadline() throws {
        let fixture = try StreamFixture()
        let peer = try fixture.greetedPeer()
        try peer.call("/test.Streams/Sum", on: 1, extra: [("grpc-timeout", "50m")])
        #expect(try peer.nextHeaders(endStream: true) == trailersOnly(4, "the deadline has passed"))
        #expect(try peer.next(.rstStream) == .reset(1, code: 0))
        #expect(fixture.failures.next()?.code == .deadlineExceeded)
        try peer.expectSilence()
    }
}

@Suite("The window of a streaming request")
struct RequestWindowTests {
    /// Bytes by which the server opened the stream's window, and the connection's, until a PING came back.
    private func opened(_ peer: ScriptedPeer) throws -> (stream: Int, connection: Int) {
        var (stream, connection) = (0, 0)
        // Twice, since what another turn of the loop says comes after the first answer.
        for _ in 0..<2 {
            try peer.send(.ping(77))
            while true {
                let frame = try #require(try peer.nextOfAnyKind())
                if frame == .ping(77, isAcknowledgement: true) { break }
                #expect(frame.isA(.windowUpdate))
                let increment = Int(UInt32(bigEndianBytes: frame.payload[...]))
                if frame.streamID == 0 { connection += increment } else { stream += increment }
            }
        }
        return (stream, connection)
    }

    @Test("opens only as the handler reads; that of the connection opens anyway")
    func backpressure() throws {
        let fixture = try StreamFixture()
        let peer = try fixture.greetedPeer()
        try peer.call("/test.Streams/Late", on: 1)
        #expect(fixture.begun.next() != nil)
        let message = prefixed([UInt8](repeating: 1, count: 995))
        for _ in 0..<60 { try peer.send(.data(1, message)) }
        var windows = try opened(peer)
        #expect(windows.stream == 0 && windows.connection > 32_000)
        fixture.gate.open()
        // Each message taken counts, and nghttp2 says so when it comes to half a window.
        try peer.send(.data(1, message, endStream: false))
        while windows.stream == 0 { windows.stream += try opened(peer).stream }
        #expect(windows.stream > 32_000)
        try peer.send(.data(1, message, endStream: true))
        _ = try peer.nextAnswer()
        #expect(fixture.reports.next() == 62 * 995)
    }

    @Test("opens for a message that is larger than it")
    func largeMessage() throws {
        let fixture = try StreamFixture()
        let peer = try fixture.greetedPeer()
        try peer.call("/test.Streams/Sum", on: 1)
        let bytes = prefixed([UInt8](repeating: 3, count: 94_000))
        for start in stride(from: 0, to: 50_000, by: 10_000) {
            try peer.send(.data(1, Array(bytes[start..<start + 10_000])))
        }
        var windows = (stream: 0, connection: 0)
        // nghttp2 says so when it comes to half a window, whatever is more comes later.
        while windows.stream < 32_000 || windows.connection < 32_000 {
            let more = try opened(peer)
            windows = (windows.stream + more.stream, windows.connection + more.connection)
        }
        for start in stride(from: 50_000, to: 94_005, by: 10_000) {
            try peer.send(.data(1, Array(bytes[start..<min(start + 10_000, 94_005)])))
        }
        try peer.send(.data(1, [], endStream: true))
        #expect(try peer.nextAnswer().message == [UInt8(truncatingIfNeeded: 94_000)])
    }

    @Test("of a unary request opens as it comes")
    func unary() throws {
        let peer = try CallFixture().greetedPeer()
        try peer.call("/test.Calls/Echo", on: 1)
        let bytes = prefixed([UInt8](repeating: 3, count: 65_000))
        for start in stride(from: 0, to: 60_000, by: 10_000) {
            try peer.send(.data(1, Array(bytes[start..<start + 10_000])))
        }
        let windows = try opened(peer)
        #expect(windows.stream > 32_000 && windows.connection > 32_000)
    }

    @Test("of a request that is no gRPC opens until it has all come")
    func rejected() throws {
        let peer = try CallFixture().greetedPeer()
        try peer.send(.headers(1, Array(ScriptedPeer.callFields("/").dropLast())))
        for _ in 0..<6 { try peer.send(.data(1, [UInt8](repeating: 0, count: 10_000))) }
        let windows = try opened(peer)
        #expect(windows.stream > 32_000 && windows.connection > 32_000)
    }

    @Test("What handlers have not read is held up to the connection's limit")
    func heldBytes() throws {
        var configuration = ServerConfiguration.patient
        configuration.capacity.maxRequestBytesPerConnection = 100
        let fixture = try StreamFixture(configuration: configuration)
        let peer = try fixture.greetedPeer()
        for id: Int32 in [1, 3] {
            try peer.call("/test.Streams/Late", on: id)
            try peer.send(.data(id, prefixed([UInt8](repeating: 1, count: 55))))
        }
        #expect(
            try peer.nextHeaders(endStream: true)
                == trailersOnly(8, "too many request bytes are waiting on this connection"))
        #expect(try peer.next(.rstStream) == .reset(3, code: 0))
        // What is given up, or read, makes room.
        try peer.send(.reset(1))
        fixture.gate.open()
        for id: Int32 in [5, 7, 9] {
            try peer.call("/test.Streams/Late", on: id)
            let bytes = prefixed([UInt8](repeating: 1, count: 55))
            try peer.send(.data(id, bytes, endStream: true))
            _ = try peer.nextAnswer()
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import GRPCWire
import TestSupport
import Testing

@Suite("A handler that writes a stream")
struct ResponseStreamTests {
    /// Reads DATA until the trailers come, opening windows; the payload's size and the trailers.
    private func rest(_ peer: ScriptedPeer, on streamID: Int32) throws -> (Int, Frame) {
        var size = 0
        while true {
            let frame = try #require(try peer.next())
            if !frame.isA(.data) { return (size, frame) }
            size += frame.payload.count
            let count = UInt32(frame.payload.count)
            if count > 0 {
                try peer.send(.windowUpdate(0, by: count), .windowUpdate(streamID, by: count))
            }
        }
    }

    @Test("sends all its messages, and then its status")
    func all() throws {
        let peer = try StreamFixture().greetedPeer()
        try peer.call("/test.Streams/Many", on: 1, [5])
        _ = try peer.nextHeaders(endStream: false)
        let (size, end) = try rest(peer, on: 1)
        #expect(size == 1000 * 1005 && end.endsStream && end.isA(.headers))
        try peer.expectSilence()
    }

    @Test("waits while the client takes nothing, and goes on when it does")
    func backpressure() throws {
        let fixture = try StreamFixture()
        let peer = try fixture.greetedPeer(settings: [(4, 10_000)])
        try peer.call("/test.Streams/Many", on: 1, [5])
        _ = try peer.nextHeaders(endStream: false)
        var size = 0
        while size < 10_000 { size += try peer.next(.data).payload.count }
        for _ in 0..<5 { try peer.expectSilence() }
        // 10 KB are with the client; what waits here is bounded.
        #expect(fixture.reports.count < 50)
        try peer.send(.windowUpdate(1, by: 2_000_000))
        let (more, end) = try rest(peer, on: 1)
        #expect(size + more == 1000 * 1005 && end.isA(.headers))
    }

    @Test("and waits for a window is told of the client's reset")
    func reset() throws {
        let fixture = try StreamFixture()
        let peer = try fixture.greetedPeer(settings: [(4, 0)])
        try peer.call("/test.Streams/Many", on: 1, [5])
        #expect(fixture.begun.next() != nil)
        _ = try peer.nextHeaders(endStream: false)
        try peer.send(.reset(1))
        #expect(fixture.failures.next() == Status(.cancelled, "the client has left the call"))
        try peer.expectSilence()
    }

    @Test("and waits for a window ends at its deadline")
    func deadline() throws {
        let fixture = try StreamFixture()
        let peer = try fixture.greetedPeer(settings: [(4, 0)])
        try peer.call("/test.Streams/Many", on: 1, [5], extra: [("grpc-timeout", "100m")])
        _ = try peer.nextHeaders(endStream: false)
        #expect(try peer.nextHeaders(endStream: true).first == "grpc-status: 4")
        #expect(fixture.failures.next()?.code == .deadlineExceeded)
    }

    @Test("and has filled the stream's window with its last message ends without another")
    func endAtWindow() throws {
        let peer = try StreamFixture().greetedPeer(settings: [(4, 6)])
        try peer.call("/test.Streams/Echo", on: 1)
        try peer.send(.data(1, prefixed([1])))
        _ = try peer.nextHeaders(endStream: false)
        #expect(try peer.nextMessage() == [1])
        try peer.send(.data(1, [], endStream: true))
        #expect(try peer.nextHeaders(endStream: true) == ["grpc-status: 0"])
        try peer.expectSilence()
    }

    @Test(
        "ends while another stream has filled the connection's window, and cuts off the request it leaves"
    )
    func endAtConnectionWindow() throws {
        let peer = try StreamFixture().greetedPeer(settings: [(4, 1 << 20)])
        try peer.call("/test.Streams/RefuseLate", on: 1)
        try peer.send(.data(1, prefixed([1])))
        _ = try peer.nextHeaders(endStream: false)
        #expect(try peer.nextMessage() == [1])
        try peer.call("/test.Streams/Many", on: 3, [5])
        _ = try peer.nextHeaders(endStream: false)
        var size = 6
        while size < 65_535 { size += try peer.next(.data).payload.count }
        try peer.send(.data(1, prefixed([2])))
        #expect(
            try peer.nextHeaders(endStream: true) == ["grpc-status: 10", "grpc-message: no"])
        #expect(try peer.next(.rstStream) == .reset(1, code: 0))
        try peer.expectSilence()
    }

    @Test("does not hold up others of its connection")
    func others() throws {
        let peer = try StreamFixture().greetedPeer()
        try peer.send(.settings([(4, 0)]))
        _ = try peer.next(.settings)
        try peer.call("/test.Streams/Many", on: 1, [5])
        _ = try peer.nextHeaders(endStream: false)
        try peer.call("/test.Streams/First", on: 3, [7])
        _ = try peer.nextHeaders(endStream: false)
        try peer.send(.windowUpdate(3, by: 100))
        #expect(try peer.nextMessage() == [7])
    }

    private let acceptsGzip = ("grpc-accept-encoding", "identity,gzip")
    private let gzipStart = [
        ":status: 200", "content-type: application/grpc", "grpc-encoding: gzip",
        "grpc-accept-encoding: identity,gzip",
    ]

    @Test("may compress one message and not the next")
    func compressed() throws {
        let peer = try StreamFixture().greetedPeer()
        try peer.call("/test.Streams/Folded", on: 1, [1, 2], extra: [acceptsGzip])
        #expect(try peer.nextHeaders(endStream: false) == gzipStart)
        let folded = try #require(message([1, 2]).gzipped).bytes
        // In one frame or two, as the handler and the loop happen to meet.
        var payload: [UInt8] = []
        while payload.count < folded.count + 7 { payload += try peer.next(.data).payload }
        #expect(payload == folded + prefixed([1, 2]))
        #expect(folded[0] == 1)
    }

    @Test(
        "may not compress for a client, or in a method, that did not agree to it",
        arguments: [("/test.Streams/Folded", false), ("/test.Streams/WronglyFolded", true)])
    func wronglyCompressed(_ path: String, _ accepts: Bool) throws {
        let peer = try StreamFixture().greetedPeer()
        try peer.call(path, on: 1, [1, 2], extra: accepts ? [acceptsGzip] : [])
        #expect(
            try peer.nextHeaders(endStream: true)
                == trailersOnly(13, "a compressed answer, and no grpc-encoding was agreed"))
    }

    @Test("has its messages compressed as those of the request are")
    func compressedAsRequest() throws {
        let peer = try StreamFixture().greetedPeer()
        let extra = [acceptsGzip, ("grpc-encoding", "gzip")]
        let bytes = [UInt8](repeating: 7, count: 1000)
        try peer.call("/test.Streams/Echo", on: 1, extra: extra)
        let folded = try #require(message(bytes).gzipped).bytes
        try peer.send(.data(1, folded, endStream: true))
        #expect(try peer.nextHeaders(endStream: false) == gzipStart)
        #expect(try peer.next(.data).payload == folded)
        #expect(try peer.nextHeaders(endStream: true) == ["grpc-status: 0"])
    }
}

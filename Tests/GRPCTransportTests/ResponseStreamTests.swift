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

    @Test("and waits for a window is cut off at its deadline")
    func deadline() throws {
        let fixture = try StreamFixture()
        let peer = try fixture.greetedPeer(settings: [(4, 0)])
        try peer.call("/test.Streams/Many", on: 1, [5], extra: [("grpc-timeout", "100m")])
        _ = try peer.nextHeaders(endStream: false)
        #expect(try peer.next(.rstStream) == .reset(1, code: 8))
        #expect(fixture.failures.next()?.code == .deadlineExceeded)
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
}

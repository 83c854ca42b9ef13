// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import GRPCWire
import TestSupport
import Testing

@Suite("Requests that are large or compressed")
struct LargeRequestTests {
    private let gzip = [("grpc-encoding", "gzip")]

    /// Begins `count` calls with all but the last byte of `body`, waits until the server has them, and sends the last
    /// bytes together with a small call. Returns the streams in the order in which they were answered.
    private func answers(
        _ count: Int, _ body: [UInt8], extra: [(String, String)] = []
    ) throws -> [Int32] {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        let streams = (0..<Int32(count)).map { 2 * $0 + 1 }
        for stream in streams {
            try peer.send(
                .headers(stream, ScriptedPeer.callFields("/test.Calls/Fail", extra: extra)))
            for start in stride(from: 0, to: body.count - 1, by: 10_000) {
                let piece = body[start..<min(start + 10_000, body.count - 1)]
                try peer.send(.data(stream, Array(piece)))
                // Its windows are open again when this is answered.
                try peer.send(.ping(UInt64(start)))
                while try !#require(try peer.next()).isA(.ping) {}
            }
        }
        let last = streams.map { Frame.data($0, [body[body.count - 1]], endStream: true) }
        let small = 2 * Int32(count) + 1
        try peer.send(
            (last + [
                .headers(small, ScriptedPeer.callFields("/test.Calls/Fail")),
                .data(small, prefixed([1]), endStream: true),
            ]).flatMap(\.bytes))
        var order: [Int32] = []
        while order.count <= count {
            let frame = try #require(try peer.next())
            if frame.isA(.headers), frame.endsStream { order.append(frame.streamID) }
        }
        return order
    }

    @Test("A small call does not wait for large ones that became whole before it")
    func large() throws {
        let order = try answers(10, prefixed([UInt8](repeating: 1, count: 70_000)))
        #expect(Set(order).count == 11)
        #expect(try #require(order.firstIndex(of: 21)) <= 2)
    }

    @Test("A small call does not wait for those that are decompressed")
    func compressed() throws {
        let message = EncodedMessage(count: 400_000) {
            $0.initializeMemory(as: UInt8.self, repeating: 1)
        }
        let order = try answers(10, try #require(message.gzipped).bytes, extra: gzip)
        #expect(order.first == 21 && Set(order).count == 11)
    }

    @Test("A call that ends while it is in line leaves nothing behind")
    func cancelled() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        let message = EncodedMessage(count: 500_000) {
            $0.initializeMemory(as: UInt8.self, repeating: 1)
        }
        let body = try #require(message.gzipped).bytes
        for stream: Int32 in [1, 3, 5, 7, 9] {
            let head = Frame.headers(
                stream, ScriptedPeer.callFields("/test.Calls/Echo", extra: gzip))
            let frames: [Frame] = [head, .data(stream, body, endStream: true), .reset(stream)]
            try peer.send(frames.flatMap(\.bytes))
        }
        try peer.call("/test.Calls/Echo", on: 11, [3])
        #expect(try peer.nextAnswer().message == [3])
        #expect(eventually { fixture.server.server.counters.heldBytes == 0 })
    }
}

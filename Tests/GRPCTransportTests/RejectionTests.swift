// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import TestSupport
import Testing

@Suite("A request that is no gRPC")
struct RejectionTests {
    private let unsupported = "this server speaks gRPC: the content-type must be application/grpc\n"

    /// Reads a plain HTTP answer.
    private func expectPlain(
        _ peer: ScriptedPeer, _ status: String, _ text: String, _ more: String...
    ) throws {
        let fields = try peer.nextHeaders(endStream: false)
        #expect(
            Set(fields)
                == Set(
                    [
                        ":status: " + status, "content-type: text/plain",
                        "content-length: \(text.utf8.count)",
                    ] + more))
        let body = try peer.next(.data)
        #expect(String(decoding: body.payload, as: UTF8.self) == text && body.endsStream)
    }

    @Test("GET is answered with 415 and a reason")
    func get() throws {
        let peer = try CallFixture().greetedPeer()
        let fields = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "x")]
        try peer.send(.headers(1, fields, endStream: true))
        try expectPlain(peer, "415", unsupported)
        try peer.expectSilence()
    }

    @Test("Another content type is answered with 415, when the request is complete")
    func contentType() throws {
        let peer = try CallFixture().greetedPeer()
        var fields = ScriptedPeer.callFields("/test.Calls/Echo")
        fields[fields.count - 1].1 = "application/json"
        try peer.send(.headers(1, fields))
        try peer.expectSilence()
        try peer.send(.data(1, Array("{".utf8)))
        try peer.expectSilence()
        try peer.send(.data(1, Array("}".utf8), endStream: true))
        try expectPlain(peer, "415", unsupported)
    }

    @Test("Another method with gRPC's content type is answered with 405")
    func method() throws {
        let peer = try CallFixture().greetedPeer()
        var fields = ScriptedPeer.callFields("/test.Calls/Echo")
        fields[0].1 = "PUT"
        try peer.send(.headers(1, fields, endStream: true))
        try expectPlain(peer, "405", "a gRPC call must use the method POST\n", "allow: POST")
    }

    @Test("Headers above the limit are answered with 431")
    func headersTooLarge() throws {
        let peer = try CallFixture().greetedPeer()
        let large = ["x-1", "x-2"].map { ($0, String(repeating: "x", count: 8100)) }
        try peer.call("/test.Calls/Echo", on: 1, [], extra: large)
        try expectPlain(peer, "431", "the header fields of the request are too large\n")
        try peer.call("/test.Calls/Echo", on: 3, [1])
        #expect(try peer.nextAnswer().message == [1])
    }

    @Test("A client without a window gets the reason when it opens one")
    func noWindow() throws {
        let peer = try CallFixture().greetedPeer(settings: [(4, 0)])
        let fields = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "x")]
        try peer.send(.headers(1, fields, endStream: true))
        _ = try peer.nextHeaders(endStream: false)
        try peer.expectSilence()
        var body: [UInt8] = []
        while true {
            try peer.send(.windowUpdate(1, by: 10))
            let data = try peer.next(.data)
            body += data.payload
            if data.endsStream { break }
        }
        #expect(String(decoding: body, as: UTF8.self) == unsupported)
    }
}

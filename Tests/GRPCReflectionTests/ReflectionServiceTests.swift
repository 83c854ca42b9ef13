// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCReflection
import GRPCTransport
import GRPCWire
import ProtobufWire
import TestSupport
import Testing

@Suite("The reflection service")
struct ReflectionServiceTests {
    private static let paths = ["v1", "v1alpha"].map {
        "/grpc.reflection.\($0).ServerReflection/ServerReflectionInfo"
    }
    private static let services = [
        "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection", "test.A",
        "test.B",
    ]

    private func makeServer(loops: Int = 1) throws -> TestServer {
        func service(_ path: StaticString) -> TestService {
            TestService { table, _ in table.add(path, .unary { _ in EncodedMessage.empty }) }
        }
        return try TestServer(
            [service("/test.B/M"), ReflectionService(), service("/test.A/M")], loops: loops)
    }

    private func request(_ number: UInt32, _ text: String) -> [UInt8] {
        var writer = FieldWriter()
        writer.text(number, text)
        return writer.bytes
    }

    private func ask(_ peer: ScriptedPeer, _ request: [UInt8]) throws -> Answer {
        try peer.send(.data(1, prefixed(request)))
        let payload = try peer.nextMessage()
        return try Answer(EncodedMessage(count: payload.count) { $0.copyBytes(from: payload) })
    }

    @Test("lists what is registered before and after it, and itself", arguments: paths)
    func list(_ path: String) throws {
        let peer = try makeServer(loops: 2).greetedPeer()
        try peer.call(path, on: 1)
        try peer.send(.data(1, prefixed(request(7, ""))))
        _ = try peer.nextHeaders(endStream: false)
        let payload = try peer.nextMessage()
        let answer = try Answer(
            EncodedMessage(count: payload.count) { $0.copyBytes(from: payload) })
        #expect(answer.services == Self.services)
        let file = try ask(peer, request(4, String(path.dropFirst().prefix { $0 != "/" })))
        #expect(file.files.count == 1 && file.code == nil)
        #expect(try ask(peer, request(4, "test.A")).code == 5)
        try peer.send(.data(1, [], endStream: true))
        #expect(try peer.nextHeaders(endStream: true) == ["grpc-status: 0"])
    }

    @Test("ends the stream of a request that asks for nothing")
    func nothing() throws {
        let peer = try makeServer().greetedPeer()
        try peer.call(Self.paths[0], on: 1)
        try peer.send(.data(1, prefixed([])))
        let end = try peer.nextHeaders(endStream: true)
        #expect(end.contains("grpc-status: 3"))
    }

    @Test(
        "ends its streams when the server stops, so that none is cut off", arguments: [true, false])
    func stop(_ hasAsked: Bool) throws {
        let server = try makeServer()
        let peer = try server.greetedPeer()
        try peer.call(Self.paths[0], on: 1)
        if hasAsked {
            try peer.send(.data(1, prefixed(request(7, ""))))
            _ = try peer.nextHeaders(endStream: false)
            _ = try peer.nextMessage()
        }
        try peer.expectSilence()
        let cutCalls = Mailbox<Int>()
        server.server.stop(within: .seconds(60)) { cutCalls.put($0) }
        var end: Frame?
        while var frame = try peer.next() {
            if frame.isA(.headers) { end = frame }
            if !frame.isA(.ping) { continue }
            frame.flags = Frame.acknowledgement
            try peer.send(frame)
        }
        #expect(end?.endsStream == true && end?.streamID == 1)
        #expect(cutCalls.next() == 0)
    }

    @Test("reads no further while its client takes nothing, and counts what it holds")
    func backpressure() throws {
        let server = try makeServer()
        let peer = try server.greetedPeer(settings: [(4, 0)])
        try peer.call(Self.paths[0], on: 1)
        let one = prefixed(request(4, "grpc.reflection.v1.ServerReflection"))
        // More than the window of the stream at once would be an error of the client's.
        var sent = 0
        while sent + one.count < 60_000 {
            try peer.send(.data(1, one))
            sent += one.count
        }
        _ = try peer.nextHeaders(endStream: false)
        for _ in 0..<5 { try peer.expectSilence() }
        let held = server.server.counters.heldBytes
        #expect(held > 32 << 10 && held < 160 << 10, "\(held)")
        try peer.send(.reset(1))
        try peer.expectSilence()
        #expect(server.server.counters.heldBytes == 0)
    }
}

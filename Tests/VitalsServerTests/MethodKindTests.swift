// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Logging
import SystemIO
import TestSupport
import Testing
import VitalsHealth

@Suite("Methods of each kind, over a connection")
struct MethodKindTests {
    private struct NoNumber: Error {}

    /// A byte as a number; of two bytes the codec knows nothing.
    private static let number = MessageCodec<UInt8> { bytes in
        guard bytes.count == 1 else { throw NoNumber() }
        return bytes[0]
    } encode: {
        [$0]
    }

    private static var service: ServiceDefinition {
        var service = ServiceDefinition()
        service.unary("/test.Numbers/Same", taking: number, returning: number) { value, _ in value }
        service.serverStreaming("/test.Numbers/Count", taking: number, returning: number) {
            limit, answer, _ in
            for value in 1...limit { try await answer.write(value) }
        }
        service.clientStreaming("/test.Numbers/Sum", taking: number, returning: number) {
            values, _ in
            var sum: UInt8 = 0
            for try await value in values { sum &+= value }
            return sum
        }
        service.bidirectionalStreaming("/test.Numbers/Echo", taking: number, returning: .text) {
            values, answer, _ in
            for try await value in values { try await answer.write("\(value)") }
        }
        return service
    }

    /// A peer of a server that ends after `body`.
    private func withPeer(_ body: (ScriptedPeer) throws -> Void) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = try Server.start(
            host: "127.0.0.1", port: 0, services: [Self.service], logger: logger)
        let port = UInt16(server.port)
        let address = try #require(SocketAddress(numeric: "127.0.0.1", port: port))
        let result = Result { try body(ScriptedPeer.greeted(by: address)) }
        server.stopAtOnce()
        await server.run()
        try result.get()
    }

    private func data(_ bytes: [UInt8], endStream: Bool) -> Frame {
        .data(1, prefixed(bytes), endStream: endStream)
    }

    @Test("A unary method answers; a request that its codec does not know is INTERNAL")
    func unary() async throws {
        try await withPeer { peer in
            try peer.call("/test.Numbers/Same", on: 1, [7])
            let answer = try peer.nextAnswer()
            #expect(answer.message == [7] && answer.trailers == ["grpc-status: 0"])
            try peer.call("/test.Numbers/Same", on: 3, [7, 7])
            let fields = try peer.nextHeaders(endStream: true)
            #expect(fields.contains("grpc-status: 13"))
            #expect(fields.contains("grpc-message: the message cannot be decoded"))
        }
    }

    @Test("A server streams its answer")
    func serverStreaming() async throws {
        try await withPeer { peer in
            try peer.call("/test.Numbers/Count", on: 1, [3])
            _ = try peer.nextHeaders(endStream: false)
            // Several messages may come in one frame.
            let expected = (1...3).flatMap { prefixed([$0]) }
            var received: [UInt8] = []
            while received.count < expected.count { received += try peer.next(.data).payload }
            #expect(received == expected)
            #expect(try peer.nextHeaders(endStream: true) == ["grpc-status: 0"])
        }
    }

    @Test("A client streams its request, and the answer comes behind the last message")
    func clientStreaming() async throws {
        try await withPeer { peer in
            try peer.call("/test.Numbers/Sum", on: 1)
            try peer.send(data([1], endStream: false), data([20], endStream: false))
            try peer.expectSilence()
            try peer.send(data([100], endStream: true))
            let answer = try peer.nextAnswer()
            #expect(answer.message == [121] && answer.trailers == ["grpc-status: 0"])
        }
    }

    @Test("Both stream: each message is answered before the next one comes")
    func bidirectionalStreaming() async throws {
        try await withPeer { peer in
            try peer.call("/test.Numbers/Echo", on: 1)
            for value: UInt8 in [4, 5] {
                try peer.send(data([value], endStream: false))
                if value == 4 { _ = try peer.nextHeaders(endStream: false) }
                #expect(try peer.nextMessage() == Array("\(value)".utf8))
            }
            try peer.send(data([6, 6], endStream: true))
            let trailers = try peer.nextHeaders(endStream: true)
            #expect(trailers.contains("grpc-status: 13"))
        }
    }
}

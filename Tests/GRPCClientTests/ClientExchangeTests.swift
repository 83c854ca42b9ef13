// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import HTTP2Wire
import SystemIO
import Testing

@testable import GRPCClient

@Suite struct ClientExchangeTests {
    private let now = MonotonicTime(nanoseconds: 5_000_000_000)

    private func exchange() throws -> ClientExchange {
        var configuration = ClientConfiguration(authority: "host:80")
        configuration.userAgent = "test"
        return try ClientExchange.make(configuration)
    }

    @Test("A unary call: the request goes out, its answer and status come in")
    func unary() throws {
        var client = try exchange()
        let server = try ServerSide()
        let message = EncodedMessage(count: 3) { $0.copyBytes(from: [1, 2, 3]) }
        let call = client.start(ClientRequest("/a.B/C", message), at: now)
        try server.exchange(with: &client)
        let isEstablished = client.isEstablished
        #expect(isEstablished && call.status == nil)
        #expect(server.bodies == [0, 0, 0, 0, 3, 1, 2, 3])
        server.answer(0, [[4, 5]], trailers: [("x", "y")])
        try server.exchange(with: &client)
        #expect(call.messageCount == 1 && call.messages == [[4, 5]])
        #expect(call.status == .ok && call.failure == nil)
        #expect(call.trailers.texts(of: "x") == ["y"])
        #expect(call.takeMessage() == [4, 5] && call.takeMessage() == nil)
    }

    @Test("A call that streams sends messages until it has ended; its stream is then reset")
    func streaming() throws {
        var client = try exchange()
        let server = try ServerSide()
        var request = ClientRequest("/a.B/C", EncodedMessage(count: 1) { $0.copyBytes(from: [1]) })
        request.isStreaming = true
        let call = client.start(request, at: now)
        try server.exchange(with: &client)
        for byte in UInt8(2)...3 {
            let message = EncodedMessage(count: 1) { $0.copyBytes(from: [byte]) }
            let isSent = client.send(message, on: call)
            #expect(isSent)
            try server.exchange(with: &client)
        }
        #expect(server.bodies == [0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 1, 3])
        #expect(call.status == nil && !server.streams[0].isPeerDone)
        server.answer(0, [[9]])
        try server.exchange(with: &client)
        #expect(call.messages == [[9]] && call.status == .ok && server.streams[0].isClosed)
        let isSent = client.send(.empty, on: call)
        #expect(!isSent)
    }

    @Test("What waits for a server that takes nothing is limited")
    func streamingLimit() throws {
        var client = try exchange()
        var request = ClientRequest("/a.B/C")
        request.isStreaming = true
        let call = client.start(request, at: now)
        let large = EncodedMessage(count: 300_000) { _ in }
        var count = 0
        while count < 10, client.send(large, on: call) { count += 1 }
        #expect(count == 3)
    }

    @Test("A request has gRPC's header fields, its time-out and its own fields")
    func headers() throws {
        var client = try exchange()
        let server = try ServerSide()
        var metadata = Metadata()
        try metadata.add("k", "v")
        try metadata.add("k-bin", bytes: [1])
        var request = ClientRequest("/a.B/C", metadata: metadata)
        request.timeout = .seconds(9)
        request.deadline = now + .milliseconds(1500)
        request.usesGzip = true
        _ = client.start(request, at: now)
        try server.exchange(with: &client)
        #expect(
            server.requests == [
                [
                    ":method: POST", ":scheme: http", ":path: /a.B/C", ":authority: host:80",
                    "te: trailers", "content-type: application/grpc", "user-agent: test",
                    "grpc-timeout: 1500000u", "grpc-encoding: gzip",
                    "grpc-accept-encoding: identity,gzip", "k: v", "k-bin: AQ",
                ]
            ])
        // An empty message in gzip, and marked so.
        #expect(server.bodies.first == 1 && server.bodies.count > 5)
    }

    @Test("The details of a status are bytes of their own, and no custom field")
    func statusDetails() throws {
        for (value, details) in [("AQID", [1, 2, 3]), ("AQI", [1, 2]), ("!", [])]
            as [(String, [UInt8])]
        {
            var client = try exchange()
            let server = try ServerSide()
            let call = client.start(ClientRequest("/a.B/C"), at: now)
            try server.exchange(with: &client)
            server.answer(0, [], status: "14", trailers: [("grpc-status-details-bin", value)])
            try server.exchange(with: &client)
            #expect(call.status?.code == .unavailable)
            #expect(call.statusDetails == details)
            #expect(call.trailers.isEmpty)
        }
    }

    @Test("A request without a time-out sends none")
    func noTimeout() throws {
        var client = try exchange()
        let server = try ServerSide()
        _ = client.start(ClientRequest("/a.B/C"), at: now)
        try server.exchange(with: &client)
        #expect(!server.requests[0].contains { $0.hasPrefix("grpc-timeout") })
    }

    @Test("A call that the server refused to look at is sent once more")
    func refused() throws {
        var client = try exchange()
        let server = try ServerSide()
        let call = client.start(ClientRequest("/a.B/C"), at: now)
        try server.exchange(with: &client)
        server.reset(0, .refusedStream)
        try server.exchange(with: &client)
        #expect(call.status == nil && server.streams.count == 2)
        server.reset(1, .refusedStream)
        try server.exchange(with: &client)
        #expect(call.status?.code == .unavailable && server.streams.count == 2)
    }

    @Test("A refused call is not sent again to a server that is going away")
    func refusedAndGone() throws {
        var client = try exchange()
        let server = try ServerSide()
        let call = client.start(ClientRequest("/a.B/C"), at: now)
        try server.exchange(with: &client)
        server.reset(0, .refusedStream)
        server.goAway()
        try server.exchange(with: &client)
        #expect(call.status?.code == .unavailable && server.streams.count == 1)
        let goAway = client.goAway
        #expect(goAway == GoAway(code: .noError, text: "bye"))
    }

    @Test("Messages of a stream come in their order, or only the newest is kept")
    func messages() throws {
        var client = try exchange()
        let server = try ServerSide()
        let all = client.start(ClientRequest("/a.B/C"), at: now)
        var request = ClientRequest("/a.B/C")
        request.keepsOnlyNewest = true
        let newest = client.start(request, at: now)
        try server.exchange(with: &client)
        server.answer(0, [[1], [2], [3]])
        server.answer(1, [[1], [2], [3]])
        try server.exchange(with: &client)
        #expect(all.messages == [[1], [2], [3]] && all.messageCount == 3)
        #expect(newest.messages == [[3]] && newest.messageCount == 3)
    }

    @Test("A call whose messages nobody takes ends, and its server is told")
    func untaken() throws {
        var client = try exchange()
        let server = try ServerSide()
        var request = ClientRequest("/a.B/C")
        request.maxMessageSize = 1 << 20
        let calls = [client.start(request, at: now), client.start(request, at: now)]
        try server.exchange(with: &client)
        let message = [UInt8](repeating: 7, count: 1 << 20)
        server.answer(0, Array(repeating: message, count: 3))
        server.answer(1, Array(repeating: message, count: 9))
        try server.exchange(with: &client)
        #expect(calls[0].status?.code == .ok && calls[0].messages.count == 3)
        #expect(calls[1].status?.code == .resourceExhausted && calls[1].messages.count == 4)
        #expect(calls[1].takeMessage() == message)
    }

    @Test("A status that is not OK, a message that is too long and a reset end the call")
    func failures() throws {
        var client = try exchange()
        let server = try ServerSide()
        var request = ClientRequest("/a.B/C")
        request.maxMessageSize = 2
        let calls = (0..<3).map { _ in client.start(request, at: now) }
        try server.exchange(with: &client)
        server.answer(0, [], status: "5")
        server.answer(1, [[1, 2, 3]])
        server.reset(2, .internalError)
        try server.exchange(with: &client)
        #expect(calls.map { $0.status?.code } == [.notFound, .resourceExhausted, .internal])
        #expect(calls[0].failure == nil && calls[2].failure == .reset(.internalError))
    }

    @Test("A call that the client ends is reset at the server, and hears no more")
    func cancelled() throws {
        var client = try exchange()
        let server = try ServerSide()
        let call = client.start(ClientRequest("/a.B/C"), at: now)
        try server.exchange(with: &client)
        client.end(call, Status(.cancelled, ""), at: now + .seconds(1))
        try server.exchange(with: &client)
        #expect(call.status?.code == .cancelled && call.endTime == now + .seconds(1))
        #expect(server.streams[0].isClosed)
    }

    @Test("A server that speaks something else is known by its first bytes")
    func greeting() throws {
        var client = try exchange()
        var failure: ConnectionError?
        do throws(ConnectionError) {
            let bytes = Array("HTTP/1.1 400".utf8)
            try bytes.withUnsafeBufferPointer { buffer throws(ConnectionError) in
                try client.receive(UnsafeRawBufferPointer(buffer), at: now)
            }
        } catch {
            failure = error
        }
        #expect(failure == .http1)
    }
}

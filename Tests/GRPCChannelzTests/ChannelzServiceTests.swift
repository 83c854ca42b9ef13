// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import GRPCWire
import ProtobufWire
import SystemIO
import TestSupport
import Testing

@testable import GRPCChannelz

@Suite("The channelz service")
struct ChannelzServiceTests {
    /// A server that echoes, which tells of itself.
    private func makeServer(loops: Int = 1) throws -> (server: TestServer, entries: ChannelzEntries)
    {
        let entries = ChannelzEntries()
        let echo = TestService { table, _ in
            table.add(
                "/test.Calls/Echo",
                .unary { bytes in EncodedMessage(count: bytes.count) { $0.copyMemory(from: bytes) }
                })
            table.add(
                "/test.Calls/Fail", .unary { _ throws(Status) in throw Status(.aborted, "") })
        }
        let server = try TestServer([echo, ChannelzService(entries)], loops: loops)
        entries.add(server.server, name: "test")
        return (server, entries)
    }

    private func request(_ numbers: [UInt32: Int64]) -> [UInt8] {
        var writer = FieldWriter()
        for (field, number) in numbers { writer.int64(field, number) }
        return writer.bytes
    }

    /// The bytes of each field of a message with this number.
    private func fields(_ number: UInt32, of bytes: [UInt8]) throws -> [[UInt8]] {
        try bytes.withUnsafeBytes { bytes in
            var found: [[UInt8]] = []
            var reader = FieldReader(bytes, maxFields: 1000)
            while let field = try reader.next() {
                if field.number == number { found.append(Array(try field.bytes())) }
            }
            return found
        }
    }

    /// A number in a message within messages; 0 when it is not there.
    private func number(_ path: [UInt32], in bytes: [UInt8]) throws -> Int64 {
        var bytes = bytes
        for field in path.dropLast() { bytes = try fields(field, of: bytes).first ?? [] }
        return try bytes.withUnsafeBytes { bytes in
            var value: Int64 = 0
            var reader = FieldReader(bytes, maxFields: 1000)
            while let field = try reader.next() {
                if field.number == path.last { value = try field.int64() }
            }
            return value
        }
    }

    /// Calls on one connection, one after the other.
    private final class Client {
        let peer: ScriptedPeer
        private var next: Int32 = 1

        init(_ server: TestServer) throws { peer = try server.greetedPeer() }

        func call(_ path: String, _ message: [UInt8]) throws -> [UInt8] {
            defer { next += 2 }
            try peer.call(path, on: next, message)
            return try peer.nextAnswer().message
        }

        /// The trailers of a call that fails.
        func failure(_ path: String, _ message: [UInt8] = []) throws -> [String] {
            defer { next += 2 }
            try peer.call(path, on: next, message)
            return try peer.nextHeaders(endStream: true)
        }
    }

    @Test("counts the calls of a server and of a connection")
    func counts() throws {
        let (server, _) = try makeServer()
        let client = try Client(server)
        for index in 0..<3 { _ = try client.call("/test.Calls/Echo", [UInt8(index)]) }
        _ = try client.failure("/test.Calls/Fail")
        let answer = try client.call("/grpc.channelz.v1.Channelz/GetServer", request([1: 1]))
        #expect(try number([1, 1, 5], in: answer) == 1)
        // The call that asks has begun.
        #expect(try number([1, 2, 2], in: answer) == 5)
        #expect(try number([1, 2, 3], in: answer) == 3)
        #expect(try number([1, 2, 4], in: answer) == 1)
        let sockets = try client.call(
            "/grpc.channelz.v1.Channelz/GetServerSockets", request([1: 1]))
        #expect(try fields(1, of: sockets).count == 1 && number([2], in: sockets) == 1)
        let id = try number([1, 3], in: sockets)
        let socket = try client.call("/grpc.channelz.v1.Channelz/GetSocket", request([1: id]))
        #expect(try number([1, 1, 3], in: socket) == id)
        #expect(try number([1, 2, 1], in: socket) == 7)
        #expect(try number([1, 2, 2], in: socket) == 6)
        #expect(try number([1, 2, 3], in: socket) == 0)
        // Three echoes and two of channelz; all but the one that asks are answered.
        #expect(try number([1, 2, 4], in: socket) == 5)
        #expect(try number([1, 2, 5], in: socket) == 7)
        #expect(try number([1, 2, 11, 1], in: socket) > 60_000)
    }

    @Test("counts a stream that its client resets as failed")
    func failedStream() throws {
        let (server, _) = try makeServer()
        let client = try Client(server)
        let id = try number(
            [1, 3],
            in: try client.call("/grpc.channelz.v1.Channelz/GetServerSockets", request([1: 1])))
        let other = try Client(server)
        try other.peer.call("/test.Calls/Echo", on: 1)
        try other.peer.send(.reset(1))
        try other.peer.expectSilence()
        let sockets = try client.call(
            "/grpc.channelz.v1.Channelz/GetServerSockets", request([1: 1, 2: id + 1]))
        let otherID = try number([1, 3], in: sockets)
        #expect(otherID > id)
        let socket = try client.call("/grpc.channelz.v1.Channelz/GetSocket", request([1: otherID]))
        #expect(try number([1, 2, 1], in: socket) == 1)
        #expect(try number([1, 2, 2], in: socket) == 0)
        #expect(try number([1, 2, 3], in: socket) == 1)
    }

    @Test("gives sockets page by page, and none twice", arguments: [1, 3])
    func pages(_ loops: Int) throws {
        let (server, _) = try makeServer(loops: loops)
        let clients = try (0..<7).map { _ in try Client(server) }
        let path = "/grpc.channelz.v1.Channelz/GetServerSockets"
        var (found, next, pages) = ([Int64](), Int64(0), 0)
        while true {
            let page = try clients[0].call(path, request([1: 1, 2: next, 3: 3]))
            let ids = try fields(1, of: page).map { try number([3], in: $0) }
            #expect(ids.count <= 3)
            found += ids
            pages += 1
            next = (ids.last ?? 0) + 1
            if try number([2], in: page) == 1 { break }
            try #require(!ids.isEmpty)
        }
        #expect(found.count == 7 && Set(found).count == 7 && found == found.sorted())
        #expect(pages == 3)
        // The last one is known to be the last.
        let last = try clients[0].call(path, request([1: 1, 2: found[6], 3: 1]))
        #expect(try number([2], in: last) == 1)
        let behind = try clients[0].call(path, request([1: 1, 2: found[6] + 1]))
        #expect(try fields(1, of: behind).isEmpty && number([2], in: behind) == 1)
    }

    @Test(
        "says NOT_FOUND for what is not there",
        arguments: ["GetServer", "GetServerSockets", "GetChannel", "GetSubchannel", "GetSocket"],
        [0, 2, 8, 99, -1, 1 << 55, 5 << 60, 1 << 60 | 77 << 30, .max] as [Int64])
    func unknown(_ method: String, _ id: Int64) throws {
        let (server, _) = try makeServer()
        let client = try Client(server)
        let failure = try client.failure("/grpc.channelz.v1.Channelz/" + method, request([1: id]))
        #expect(failure.contains("grpc-status: 5"))
    }

    @Test("says NOT_FOUND for a connection that has gone")
    func gone() throws {
        let (server, _) = try makeServer()
        let client = try Client(server)
        let path = "/grpc.channelz.v1.Channelz/GetServerSockets"
        let own = try number([1, 3], in: try client.call(path, request([1: 1])))
        var other: Client? = try Client(server)
        let id = try number([1, 3], in: try client.call(path, request([1: 1, 2: own + 1])))
        #expect(id > own)
        try other?.peer.expectSilence()
        other?.peer.shutdownSending()
        try other?.peer.waitForEnd()
        other = nil
        let gone = eventually { server.server.counters.connections == 1 }
        #expect(gone)
        let failure = try client.failure(
            "/grpc.channelz.v1.Channelz/GetSocket", request([1: id]))
        #expect(failure.contains("grpc-status: 5"))
    }

    @Test("refuses a negative number of results")
    func negative() throws {
        let (server, _) = try makeServer()
        let client = try Client(server)
        for (method, field) in [("GetServers", 2), ("GetTopChannels", 2)] as [(String, UInt32)] {
            let failure = try client.failure(
                "/grpc.channelz.v1.Channelz/" + method, request([field: -1]))
            #expect(failure.contains("grpc-status: 3"))
        }
        let failure = try client.failure(
            "/grpc.channelz.v1.Channelz/GetServerSockets", request([1: 1, 3: .min]))
        #expect(failure.contains("grpc-status: 3"))
    }

    @Test("tells of the sockets that a server listens on")
    func listenSockets() throws {
        let (server, _) = try makeServer(loops: 2)
        let client = try Client(server)
        let answer = try client.call("/grpc.channelz.v1.Channelz/GetServer", request([1: 1]))
        let references = try fields(3, of: try fields(1, of: answer)[0])
        #expect(references.count == 2)
        for reference in references {
            let id = try number([3], in: reference)
            let socket = try client.call("/grpc.channelz.v1.Channelz/GetSocket", request([1: id]))
            let port = try number([1, 3, 1, 2], in: socket)
            #expect(port == Int64(server.address.port ?? 0))
        }
    }

    @Test("tells of channels as they are now")
    func channels() throws {
        let (server, entries) = try makeServer()
        let client = try Client(server)
        let path = "/grpc.channelz.v1.Channelz/GetTopChannels"
        let none = try client.call(path, [])
        #expect(try fields(1, of: none).isEmpty && number([2], in: none) == 1)
        for count in [5, 6] {
            entries.addChannel {
                var channel = ChannelzEntries.Channel(to: "http://127.0.0.1:1")
                channel.state = .ready
                channel.callsStarted = count
                channel.latestCall = .now()
                return channel
            }
        }
        let first = try client.call(path, request([2: 1]))
        #expect(try fields(1, of: first).count == 1 && number([2], in: first) == 0)
        let id = try number([1, 1, 1], in: first)
        let second = try client.call(path, request([1: id + 1]))
        #expect(try number([1, 2, 4], in: second) == 6 && number([2], in: second) == 1)
        let channel = try client.call("/grpc.channelz.v1.Channelz/GetChannel", request([1: id]))
        #expect(try number([1, 2, 4], in: channel) == 5 && number([1, 2, 1, 1], in: channel) == 3)
        #expect(try number([1, 2, 7, 1], in: channel) > 1_700_000_000)
    }
}

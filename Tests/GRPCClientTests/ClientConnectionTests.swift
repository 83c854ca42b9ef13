// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCClient
import GRPCTransport
import GRPCWire
import SystemIO
import TestSupport
import Testing

@Suite struct ClientConnectionTests {
    private func server() throws -> TestServer {
        try TestServer([
            TestService { table, _ in
                table.add(
                    "/test.Client/Echo",
                    .unary { request in
                        EncodedMessage(count: request.count) { $0.copyMemory(from: request) }
                    })
            }
        ])
    }

    private func target(_ address: SocketAddress) throws -> ClientTarget {
        try ClientTarget(address.text)
    }

    private func echo(_ bytes: [UInt8]) -> ClientRequest {
        ClientRequest(
            "/test.Client/Echo", EncodedMessage(count: bytes.count) { $0.copyBytes(from: bytes) })
    }

    @Test("Unary calls are answered over one connection, one after the other")
    func unary() throws {
        let server = try server()
        let connection = try ClientConnection.connect(to: target(server.address))
        for size in [0, 1, 1000] {
            let bytes = [UInt8](repeating: 7, count: size)
            #expect(try connection.answer(to: echo(bytes)) == bytes)
        }
    }

    @Test("Calls that go on at once are answered, in whatever order they are read")
    func concurrent() throws {
        let server = try server()
        let connection = try ClientConnection.connect(to: target(server.address))
        let calls = (0..<10).map { connection.start(echo([$0])) }
        for index in calls.indices.reversed() {
            #expect(try connection.nextMessage(of: calls[index]) == [UInt8(index)])
            #expect(try connection.nextMessage(of: calls[index]) == nil)
        }
    }

    @Test("A method that the server does not have is UNIMPLEMENTED")
    func unimplemented() throws {
        let server = try server()
        let connection = try ClientConnection.connect(to: target(server.address))
        let status = #expect(throws: Status.self) {
            try connection.answer(to: ClientRequest("/test.Client/None"))
        }
        #expect(status?.code == .unimplemented)
        #expect(try connection.answer(to: echo([1])) == [1])
    }

    @Test("A server that says nothing is a connection that failed, when the time is over")
    func silent() throws {
        let listener = try FileDescriptor.listener(
            at: SocketAddress(numeric: "127.0.0.1", port: 0)!)
        let target = try target(listener.localAddress())
        #expect(throws: ConnectionError.silent) {
            try ClientConnection.connect(to: target, timeout: .milliseconds(50))
        }
    }

    @Test("Without retries an address that refuses is given up at once")
    func noRetries() throws {
        let address = try #require(SocketAddress(numeric: "127.0.0.1", port: 1))
        let deadline = MonotonicTime.now() + .seconds(3600)
        var dial = ClientDial([address], until: deadline, retries: false) {
            address throws(ConnectionError) in
            try ClientConnection.open(address, ClientConfiguration(authority: "a"), [])
        }
        #expect(throws: ConnectionError.connect(to: "127.0.0.1:1", .connectionRefused)) {
            try dial.run()
        }
        #expect(throws: ConnectionError.self) {
            try ClientTarget("[fe80::1%25nowhere]:1").resolve(
                until: deadline, retries: false)
        }
    }

    @Test("A call that gets no answer ends with DEADLINE_EXCEEDED")
    func deadline() throws {
        let server = try TestServer([
            TestService { table, _ in
                table.add(
                    "/test.Client/Never",
                    .asyncUnary { _, _ throws(Status) in
                        try? await Task.sleep(for: .seconds(60))
                        return .empty
                    })
            }
        ])
        let connection = try ClientConnection.connect(to: target(server.address))
        var request = ClientRequest("/test.Client/Never")
        request.timeout = .milliseconds(20)
        let status = #expect(throws: Status.self) { try connection.answer(to: request) }
        #expect(status?.code == .deadlineExceeded)
    }
}

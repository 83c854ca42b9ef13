// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCClient
import GRPCTransport
import GRPCWire
import Outbound
import SystemIO
import TestSupport
import Testing

@testable import OutboundCalls

@Suite("Calls on one connection of a loop")
struct CallConnectionTests {
    /// A server and a connection to it on a loop.
    private final class Fixture: Sendable {
        let server: TestServer
        let group: EventLoopGroup
        let connection: LoopBound<CallConnection>

        init() throws {
            let service = TestService { table, _ in
                table.add("/test.Calls/Echo", .unary { Self.message(Array($0)) })
                table.add(
                    "/test.Calls/Wait",
                    .asyncUnary { _, _ in
                        try? await Task.sleep(for: .seconds(600))
                        return Self.message([])
                    })
            }
            server = try TestServer([service])
            let group = try EventLoopGroup(count: 1)
            self.group = group
            let made = Mailbox<LoopBound<CallConnection>>()
            let port = server.address.port ?? 0
            group.loops[0].post {
                let loop = group.loops[0]
                let connection = try? CallConnection.open(
                    to: OutboundTarget(.host("127.0.0.1", port: port)),
                    ClientConfiguration(authority: "test"), on: loop, OutboundResolver(),
                    ReceiveBuffer(), within: .seconds(5))
                if let connection { made.put(LoopBound(connection, on: loop)) }
            }
            connection = try #require(made.next())
        }

        deinit { group.stop() }

        static func message(_ bytes: [UInt8]) -> EncodedMessage {
            EncodedMessage(count: bytes.count) { $0.copyBytes(from: bytes) }
        }

        /// Asks; the answer is in the mailbox later.
        func ask(
            _ method: String, _ bytes: [UInt8] = [], within time: Duration = .seconds(30)
        ) -> Mailbox<Result<[UInt8], Status>> {
            let box = Mailbox<Result<[UInt8], Status>>()
            connection.loop.post { [connection] in
                var request = ClientRequest("/test.Calls/" + method, Self.message(bytes))
                request.timeout = time
                var isInside = true
                connection.value.ask(request) { result in
                    box.put(isInside ? .failure(Status(.internal, "inside the call")) : result)
                }
                isInside = false
            }
            return box
        }
    }

    @Test("Several go on at once, and each gets its own answer")
    func several() throws {
        let fixture = try Fixture()
        let slow = fixture.ask("Wait", within: .seconds(60))
        let boxes = (0..<50).map { fixture.ask("Echo", [UInt8($0)]) }
        for (index, box) in boxes.enumerated() {
            #expect(try box.next()?.get() == [UInt8(index)])
        }
        #expect(slow.count == 0)
        fixture.connection.loop.post { [fixture] in fixture.connection.value.close("enough") }
        #expect(slow.next()?.failure == Status(.unavailable, "enough"))
        // Also what is asked afterwards.
        #expect(fixture.ask("Echo").next()?.failure?.code == .unavailable)
    }

    @Test("A call ends with its deadline, and the others go on")
    func deadline() throws {
        let fixture = try Fixture()
        let late = fixture.ask("Wait", within: .milliseconds(50))
        #expect(late.next()?.failure?.code == .deadlineExceeded)
        #expect(try fixture.ask("Echo", [1]).next()?.get() == [1])
        #expect(fixture.ask("Nothing").next()?.failure?.code == .unimplemented)
    }

    @Test("A server that is not there ends the calls that wait for it")
    func refused() throws {
        let group = try EventLoopGroup(count: 1)
        defer { group.stop() }
        let box = Mailbox<Status>()
        let port =
            try FileDescriptor.listener(at: SocketAddress(numeric: "127.0.0.1", port: 0)!)
            .localAddress().port ?? 0
        group.loops[0].post {
            let connection = try? CallConnection.open(
                to: OutboundTarget(.host("127.0.0.1", port: port)),
                ClientConfiguration(authority: "test"), on: group.loops[0], OutboundResolver(),
                ReceiveBuffer(), within: .seconds(5))
            connection?.ask(ClientRequest("/a.B/C")) { result in
                box.put(result.failure ?? .ok)
                _ = connection
            }
        }
        #expect(box.next()?.code == .unavailable)
    }
}

extension Result {
    /// What it failed with.
    fileprivate var failure: Failure? {
        if case .failure(let failure) = self { return failure }
        return nil
    }
}

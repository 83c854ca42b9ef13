// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import EventLoops
import SystemIO
import TestSupport
import Testing

@Suite("A listener")
struct ListenerTests {
    private let any = SocketAddress(numeric: "127.0.0.1", port: 0)!

    @Test("Every connection is handed on, however many wait")
    func accepts() throws {
        let fixture = try LoopFixture()
        let loop = fixture.loop
        let socket = try FileDescriptor.listener(at: any)
        let address = try socket.localAddress()
        let clients = try (0..<200).map { _ in try Client(address) }
        let accepted = Mailbox<CInt>()
        let raw = socket.release()
        try fixture.run {
            _ = try Listener(FileDescriptor(owning: raw), on: loop) {
                connection, _ in accepted.put(connection.release())
            }
        }
        for _ in clients { close(try #require(accepted.next())) }
        #expect(accepted.count == 0)
    }

    @Test("A listener that closes takes those that wait, and no more")
    func closes() throws {
        let fixture = try LoopFixture()
        let loop = fixture.loop
        let socket = try FileDescriptor.listener(at: any)
        let address = try socket.localAddress()
        let client = try Client(address)
        let accepted = Mailbox<CInt>()
        let raw = socket.release()
        try fixture.run {
            let listener = try Listener(FileDescriptor(owning: raw), on: loop) {
                connection, _ in accepted.put(connection.release())
            }
            listener.close()
            listener.close()
        }
        close(try #require(accepted.next()))
        withExtendedLifetime(client) {}
        // The socket went with its listener.
        #expect(throws: SystemCallError("connect", .connectionRefused)) {
            _ = try Client(address)
        }
    }

    @Test(
        "Between a listener's close and its socket's no client gets a connection that would be reset"
    )
    func letsNobodyIn() throws {
        let fixture = try LoopFixture()
        let loop = fixture.loop
        let socket = try FileDescriptor.listener(at: any)
        let address = try socket.localAddress()
        let raw = socket.release()
        // Who still has the descriptor is the moment between the last accept and its closing.
        let copy = FileDescriptor(owning: dup(raw))
        try fixture.run {
            try Listener(FileDescriptor(owning: raw), on: loop) { _, _ in }.close()
        }
        let late = try FileDescriptor.streamSocket(for: address)
        #expect(try late.connect(to: address) == .inProgress)
        var ready = pollfd(fd: late.rawValue, events: Int16(POLLOUT), revents: 0)
        #expect(poll(&ready, 1, 50) == 0)
        withExtendedLifetime(copy) {}
    }

    @Test("Many waiting connections do not keep a loop from its other work")
    func fairness() throws {
        let fixture = try LoopFixture()
        let loop = fixture.loop
        let socket = try FileDescriptor.listener(at: any)
        let address = try socket.localAddress()
        let clients = try (0..<20).map { _ in try Client(address) }
        let accepted = Mailbox<CInt>()
        let acceptedBefore = Mailbox<Int>()
        let raw = socket.release()
        try fixture.run {
            // Each takes longer than a time slice.
            _ = try Listener(FileDescriptor(owning: raw), on: loop) { connection, _ in
                (MonotonicTime.now() + .milliseconds(1)).sleep()
                if accepted.count == 0 {
                    loop.post { acceptedBefore.put(accepted.count) }
                }
                accepted.put(connection.release())
            }
        }
        #expect(acceptedBefore.next() == 1)
        for _ in clients { close(try #require(accepted.next())) }
    }

    /// A blocking connection.
    private final class Client {
        init(_ address: SocketAddress) throws {
            let socket = FileDescriptor(
                owning: CLinux.socket(address.family, CInt(SOCK_STREAM.rawValue), 0))
            _ = try socket.connect(to: address)
            descriptor = socket
        }

        let descriptor: FileDescriptor
    }
}

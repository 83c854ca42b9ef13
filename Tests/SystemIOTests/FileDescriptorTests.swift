// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Testing

@testable import SystemIO

@Suite("Descriptors")
struct FileDescriptorTests {
    /// Two connected sockets.
    private func pair() throws -> (CInt, CInt) {
        var raw: [CInt] = [-1, -1]
        #expect(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &raw) == 0)
        return (raw[0], raw[1])
    }

    private func receive(_ descriptor: borrowing FileDescriptor) throws -> FileDescriptor.Transfer {
        var buffer = [UInt8](repeating: 0, count: 100)
        return try buffer.withUnsafeMutableBytes { try descriptor.receive(into: $0) }
    }

    @Test("A descriptor is closed with its owner")
    func closes() throws {
        let (left, right) = try pair()
        let reader = FileDescriptor(owning: left)
        do {
            let writer = FileDescriptor(owning: right)
            try ([1, 2, 3] as [UInt8]).withUnsafeBytes { try writer.writeAll($0) }
        }
        #expect(try receive(reader) == .bytes(3))
        // The other end is closed: no other process can have written.
        #expect(try receive(reader) == .endOfFile)
    }

    @Test("A released descriptor stays open")
    func released() throws {
        let (left, right) = try pair()
        let raw = FileDescriptor(owning: left).release()
        #expect(raw == left)
        let other = FileDescriptor(owning: right)
        try [1 as UInt8].withUnsafeBytes { try other.writeAll($0) }
        #expect(try receive(FileDescriptor(owning: raw)) == .bytes(1))
    }

    @Test("Nothing to read is no end")
    func wouldBlock() throws {
        let name = try #require(SocketAddress(numeric: "127.0.0.1", port: 0))
        let listener = try FileDescriptor.listener(at: name)
        #expect(try listener.accept() == nil)
        let address = try listener.localAddress()
        let client = try FileDescriptor.streamSocket(for: address)
        _ = try client.connect(to: address)
        #expect(try receive(client) == .wouldBlock)
        let server = FileDescriptor(owning: try #require(try listener.accept()).descriptor)
        server.shutdownSending()
        var waiting = pollfd(fd: client.rawValue, events: Int16(POLLIN), revents: 0)
        #expect(poll(&waiting, 1, 10_000) == 1)
        #expect(try receive(client) == .endOfFile)
        #expect(client.pendingError() == nil)
    }

    @Test("Sending to a peer that has gone is an error, and no signal")
    func brokenPipe() throws {
        let (left, right) = try pair()
        close(right)
        let descriptor = FileDescriptor(owning: left)
        #expect(throws: SystemCallError("send", .brokenPipe)) {
            _ = try [1 as UInt8].withUnsafeBytes { try descriptor.send($0) }
        }
    }

    @Test("A connection without a listener is refused")
    func refused() throws {
        let any = try #require(SocketAddress(numeric: "127.0.0.1", port: 0))
        let address: SocketAddress
        do { address = try FileDescriptor.listener(at: any).localAddress() }
        let client = try FileDescriptor.streamSocket(for: address)
        var errno: Errno?
        do {
            if try client.connect(to: address) == .inProgress {
                var waiting = pollfd(fd: client.rawValue, events: Int16(POLLOUT), revents: 0)
                #expect(poll(&waiting, 1, 10_000) == 1)
                errno = client.pendingError()
            }
        } catch {
            errno = error.errno
        }
        #expect(errno == .connectionRefused)
    }

    @Test("Two listeners share a port only when both ask for it")
    func sharedPort() throws {
        let any = try #require(SocketAddress(numeric: "127.0.0.1", port: 0))
        let first = try FileDescriptor.listener(at: any, sharedPort: true)
        let address = try first.localAddress()
        _ = try FileDescriptor.listener(at: address, sharedPort: true)
        #expect(throws: SystemCallError("bind", .addressInUse)) {
            _ = try FileDescriptor.listener(at: address)
        }
    }

    @Test("Files that cannot be opened say why")
    func openErrors() {
        #expect(throws: SystemCallError("open", .noSuchFile)) {
            _ = try FileDescriptor.open("/nonexistent/file")
        }
        #expect(throws: SystemCallError("open", .notADirectory)) {
            _ = try FileDescriptor.open("/dev/null/file")
        }
        #expect(SystemCallError("open", .noSuchFile).text == "open: No such file or directory")
        #expect(SystemCallError("open", .noSuchFile) != SystemCallError("opens", .noSuchFile))
        #expect(!Errno(rawValue: 99_999).text.isEmpty)
    }

    @Test("A file is read to its end or to the limit", arguments: [0, 5, 5000, 10_000, 20_000])
    func readAll(_ limit: Int) throws {
        let path = "/tmp/vitals-test-\(UInt64.random(in: .min ... .max))"
        defer { unlink(path) }
        let contents = (0..<10_000).map { UInt8(truncatingIfNeeded: $0) }
        let created = try FileDescriptor.openPrivate(path)
        try contents.withUnsafeBytes { try created.writeAll($0) }
        #expect(
            try FileDescriptor.open(path).readAll(limit: limit) == Array(contents.prefix(limit)))
    }

    @Test("An interrupted call is made again, any other error is thrown")
    func interrupted() throws {
        var calls = 0
        let result = try systemCall("test") {
            calls += 1
            if calls < 3 {
                // A wait that a signal has cut short cannot be had at will: errno by hand.
                __errno_location().pointee = EINTR
                return -1
            }
            return 7
        }
        #expect(result == 7 && calls == 3)
        #expect(throws: SystemCallError("test", .invalidArgument)) {
            try systemCall("test") {
                __errno_location().pointee = EINVAL
                return -1
            }
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO
import Testing

@testable import ByteStream

@Suite struct StreamSocketTests {
    /// The server's end of a connection on the loopback.
    private struct Pair: ~Copyable {
        var client: StreamSocket
        let server: FileDescriptor

        init(client: consuming StreamSocket, server: consuming FileDescriptor) {
            self.client = client
            self.server = server
        }

        static func make() throws -> Pair {
            let address = SocketAddress(numeric: "127.0.0.1", port: 0)!
            let listener = try FileDescriptor.listener(at: address)
            var client = try StreamSocket.connect(to: try listener.localAddress(), tls: nil)
            wait(for: client.rawDescriptor, POLLOUT)
            let failure = client.finishConnecting()
            #expect(failure == nil)
            wait(for: listener.rawValue, POLLIN)
            let accepted = try #require(try listener.accept())
            return Pair(client: client, server: FileDescriptor(owning: accepted.descriptor))
        }

        static func wait(for descriptor: CInt, _ events: CInt) {
            var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            #expect(poll(&entry, 1, 10_000) == 1)
        }

        /// Receives until `count` bytes have come.
        func receive(_ count: Int) throws -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: count)
            var filled = 0
            while filled < count {
                Self.wait(for: server.rawValue, POLLIN)
                let transfer = try bytes.withUnsafeMutableBytes {
                    try server.receive(into: UnsafeMutableRawBufferPointer(rebasing: $0[filled...]))
                }
                guard case .bytes(let more) = transfer else { break }
                filled += more
            }
            return bytes
        }
    }

    private func receive(_ socket: inout StreamSocket) throws -> (StreamSocket.Reading, [UInt8]) {
        var bytes = [UInt8](repeating: 0, count: 64)
        let reading = try bytes.withUnsafeMutableBytes { try socket.receive(into: $0) }
        return (reading, bytes)
    }

    @Test("Bytes that the kernel does not take are sent later, in their order")
    func unsent() throws {
        var pair = try Pair.make()
        let bytes = (0..<(8 << 20)).map { UInt8(truncatingIfNeeded: $0 >> 8) }
        try pair.client.write(bytes)
        let isAllSent = try pair.client.flush()
        let hasUnsent = pair.client.hasUnsent
        #expect(!isAllSent && hasUnsent)
        try pair.client.write([1, 2, 3])
        var received: [UInt8] = []
        while try !pair.client.flush() { received += try pair.receive(1 << 16) }
        received += try pair.receive(bytes.count + 3 - received.count)
        #expect(received == bytes + [1, 2, 3])
    }

    @Test("A read says what came: bytes, nothing now, or the end")
    func reading() throws {
        var pair = try Pair.make()
        let (isOpen, isSecure) = (pair.client.isOpen, pair.client.isSecure)
        #expect(isOpen && !isSecure)
        let nothing = try receive(&pair.client).0
        #expect(nothing == .wouldBlock)
        _ = try [UInt8]([7, 8]).withUnsafeBytes { try pair.server.send($0) }
        Pair.wait(for: pair.client.rawDescriptor, POLLIN)
        let (reading, bytes) = try receive(&pair.client)
        #expect(reading == .bytes(2) && bytes[..<2] == [7, 8])
        pair.server.shutdownSending()
        Pair.wait(for: pair.client.rawDescriptor, POLLIN)
        let end = try receive(&pair.client).0
        #expect(end == .endOfFile)
    }

    @Test("After a close the peer reads the end")
    func closing() throws {
        var pair = try Pair.make()
        pair.client.close()
        Pair.wait(for: pair.server.rawValue, POLLIN)
        var place: UInt8 = 0
        let transfer = try withUnsafeMutableBytes(of: &place) { try pair.server.receive(into: $0) }
        #expect(transfer == .endOfFile)
    }

    @Test("An address where no server listens says so")
    func refused() throws {
        let address = SocketAddress(numeric: "127.0.0.1", port: 1)!
        do {
            var socket = try StreamSocket.connect(to: address, tls: nil)
            Pair.wait(for: socket.rawDescriptor, POLLOUT)
            let failure = socket.finishConnecting()
            #expect(failure == .connectionRefused)
        } catch {
            #expect(error.errno == .connectionRefused)
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Synchronization
import SystemIO
import TestSupport

/// A server on a free port of the loopback that does with each connection what a test says, on a thread of its own.
final class ScriptedTarget: Sendable {
    /// One connection, as the script sees it.
    struct Peer {
        let descriptor: CInt

        func send(_ text: String) { send(bytes: Array(text.utf8)) }

        func send(bytes: [UInt8]) {
            _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        }

        /// What the client has sent by now, and at least one byte; empty at its end.
        func receive() -> String {
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = read(descriptor, &bytes, bytes.count)
            return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        }

        /// Waits until the client is gone.
        func waitForEnd() { while !receive().isEmpty {} }
    }

    let port: UInt16
    private let listener: CInt
    private let isOver = Atomic<Bool>(false)
    let connections = Atomic<Int>(0)

    init(_ script: @escaping @Sendable (Peer) -> Void) throws {
        let descriptor = try FileDescriptor.listener(
            at: SocketAddress(numeric: "127.0.0.1", port: 0)!, sharedPort: false)
        port = try descriptor.localAddress().port ?? 0
        listener = descriptor.release()
        let thread = Thread { [self] in
            while true {
                var waiting = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
                poll(&waiting, 1, -1)
                let descriptor = accept(listener, nil, nil)
                if descriptor < 0 || isOver.load(ordering: .relaxed) { break }
                connections.add(1, ordering: .relaxed)
                script(Peer(descriptor: descriptor))
                close(descriptor)
            }
        }
        thread.start()
    }

    /// Ends the thread, after the connection that it serves.
    func stop() {
        isOver.store(true, ordering: .relaxed)
        shutdown(listener, CInt(SHUT_RDWR))
    }
}

/// A thread of its own, without Foundation.
private struct Thread {
    let body: @Sendable () -> Void

    func start() {
        let box = Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { pointer in
                Unmanaged<Body>.fromOpaque(pointer!).takeRetainedValue().body()
                return nil
            }, box.toOpaque())
        pthread_detach(thread)
    }

    private final class Body {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}

/// The descriptors of this process.
enum Descriptors {
    /// Those of this process that are connected to a port. Other tests, which run beside this one, have descriptors too.
    static func count(connectedTo port: UInt16) -> Int {
        (0..<CInt(65_536)).filter { descriptor in
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let result = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    getpeername(descriptor, $0, &length)
                }
            }
            return result == 0 && CInt(address.sin_family) == AF_INET
                && UInt16(bigEndian: address.sin_port) == port
        }.count
    }
}

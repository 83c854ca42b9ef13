// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO

/// A peer that answers each connection with the same bytes, at once or one by one with a pause before each, and closes it.
final class Stranger: Sendable {
    let port: UInt16
    private let listener: CInt

    init(_ answer: String, pause: Duration? = nil) throws {
        let descriptor = try FileDescriptor.listener(
            at: SocketAddress(numeric: "127.0.0.1", port: 0)!)
        port = try descriptor.localAddress().port ?? 0
        listener = descriptor.release()
        let thread = Unmanaged.passRetained(Script(listener, Array(answer.utf8), pause))
        var id = pthread_t()
        pthread_create(
            &id, nil,
            { pointer in
                Unmanaged<Script>.fromOpaque(pointer!).takeRetainedValue().run()
                return nil
            }, thread.toOpaque())
        pthread_detach(id)
    }

    /// Ends its thread.
    func stop() { shutdown(listener, CInt(SHUT_RDWR)) }

    private final class Script {
        let listener: CInt
        let answer: [UInt8]
        let pause: Duration?

        init(_ listener: CInt, _ answer: [UInt8], _ pause: Duration?) {
            self.listener = listener
            self.answer = answer
            self.pause = pause
        }

        func run() {
            while true {
                var waiting = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
                poll(&waiting, 1, -1)
                let peer = accept(listener, nil, nil)
                if peer < 0 { break }
                say(to: peer)
                CLinux.close(peer)
            }
            CLinux.close(listener)
        }

        /// Until the other end closes.
        private func say(to peer: CInt) {
            let size = pause == nil ? max(1, answer.count) : 1
            for start in stride(from: 0, to: answer.count, by: size) {
                if let pause { (.now() + pause).sleep() }
                let sent = answer[start..<min(answer.count, start + size)].withUnsafeBytes {
                    send(peer, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
                }
                if sent < 0 { return }
            }
        }
    }
}

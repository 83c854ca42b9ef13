// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO

/// Requests of a program that knows nothing of ours.
enum RawHTTP {
    /// What is answered, with the head.
    static func ask(
        _ method: String, _ path: String, _ body: String, _ fields: [String],
        at address: SocketAddress
    ) throws -> String {
        let socket = try FileDescriptor.streamSocket(for: address).release()
        defer { close(socket) }
        var waiting = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
        _ = address.withSocketAddress { connect(socket, $0, $1) }
        poll(&waiting, 1, 10_000)
        let head = [
            "\(method) \(path) HTTP/1.1", "Host: a", "Connection: close",
            "Content-Length: \(body.utf8.count)",
        ]
        let request = Array(
            ((head + fields).joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
        _ = request.withUnsafeBytes {
            send(socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
        }
        waiting.events = Int16(POLLIN)
        var answer: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while poll(&waiting, 1, 10_000) == 1 {
            let count = read(socket, &part, part.count)
            if count <= 0 { break }
            answer += part.prefix(count)
        }
        return String(decoding: answer, as: UTF8.self)
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
package import SystemIO

/// One exchange with a server on a connection of its own, by a client that knows nothing of our code.
package enum RawExchange {
    /// What `ask` waits for.
    package enum End: Sendable {
        /// The server has closed the connection, or was silent for the time.
        case closed(silence: Duration)
        /// Something has come.
        case anything
    }

    /// Sends bytes, and gives what is answered until then; empty when nothing listens, or nothing comes within 10 s.
    package static func ask(
        _ bytes: [UInt8], at address: SocketAddress, until end: End = .closed(silence: .seconds(10))
    ) throws -> [UInt8] {
        let socket = try FileDescriptor.streamSocket(for: address)
        _ = try? socket.connect(to: address)
        var waiting = pollfd(fd: socket.rawValue, events: Int16(POLLOUT), revents: 0)
        poll(&waiting, 1, 10_000)
        _ = bytes.withUnsafeBytes {
            send(socket.rawValue, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
        }
        waiting.events = Int16(POLLIN)
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while poll(&waiting, 1, end.patience) == 1 {
            let count = read(socket.rawValue, &chunk, chunk.count)
            if count <= 0 { break }
            answer += chunk.prefix(count)
            if case .anything = end { break }
        }
        return answer
    }

    /// What is answered to a request of HTTP/1.1, with the head.
    package static func askHTTP(
        _ method: String, _ path: String, _ body: [UInt8] = [], fields: [String] = [],
        at address: SocketAddress, silence: Duration = .seconds(10)
    ) throws -> String {
        let head = [
            "\(method) \(path) HTTP/1.1", "Host: a", "Connection: close",
            "Content-Length: \(body.count)",
        ]
        let request = Array(((head + fields).joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
        return String(
            decoding: try ask(request, at: address, until: .closed(silence: silence)),
            as: UTF8.self)
    }
}

extension RawExchange.End {
    /// Milliseconds of silence that are waited for.
    fileprivate var patience: CInt {
        switch self {
        case .closed(let silence): CInt(clamping: silence.wholeNanoseconds / 1_000_000)
        case .anything: 10_000
        }
    }
}

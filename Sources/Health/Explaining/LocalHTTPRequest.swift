// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import HTTP1Wire
import SystemIO

/// A GET to a process of this machine. It blocks the thread until the answer is there, or the time is over.
struct LocalHTTPRequest {
    /// What has come.
    struct Response {
        let status: HTTP1Status
        let fields: HTTP1Fields
        var body: [UInt8] = []
    }

    private let target: String
    private let deadline: MonotonicTime

    /// Bytes of an answer; a larger one is refused.
    private static let maxSize = 8 << 20
    private static let bufferSize = 16 << 10

    /// A GET of a path with its query.
    init(_ target: String, timeout: Duration) {
        self.target = target
        deadline = .now() + timeout
    }

    /// Sends it, and waits for the answer.
    func send(to address: SocketAddress) throws(LocalHTTPError) -> Response {
        guard var writer = HTTP1RequestWriter(host: "localhost"),
            writer.add("connection", "close"), let request = writer.get(target)
        else { throw LocalHTTPError("\(target) is no path") }
        let bytes: [UInt8]
        do throws(SystemCallError) {
            bytes = try exchange(request, with: address)
        } catch {
            throw LocalHTTPError(error)
        }
        if bytes.count > Self.maxSize { throw LocalHTTPError("its answer is too large") }
        do throws(HTTP1Fault) {
            return try Self.response(bytes)
        } catch {
            throw LocalHTTPError("its answer is not HTTP: \(error.text)")
        }
    }

    private func exchange(
        _ request: [UInt8], with address: SocketAddress
    ) throws(SystemCallError) -> [UInt8] {
        let socket = try FileDescriptor.streamSocket(for: address)
        if try socket.connect(to: address) == .inProgress {
            try wait(for: socket, POLLOUT)
            if let errno = socket.pendingError() { throw SystemCallError("connect", errno) }
        }
        var sent = 0
        while sent < request.count {
            let transfer = try request.withUnsafeBufferPointer { bytes throws(SystemCallError) in
                try socket.send(
                    UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[sent...])))
            }
            if case .bytes(let count) = transfer {
                sent += count
            } else {
                try wait(for: socket, POLLOUT)
            }
        }
        return try receiveAll(from: socket)
    }

    /// Until the server closes the connection, as it was asked to, or has sent too much.
    private func receiveAll(
        from socket: borrowing FileDescriptor
    ) throws(SystemCallError) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: Self.bufferSize)
        while bytes.count <= Self.maxSize {
            let transfer = try buffer.withUnsafeMutableBufferPointer {
                buffer throws(SystemCallError) in
                try socket.receive(into: UnsafeMutableRawBufferPointer(buffer))
            }
            switch transfer {
            case .endOfFile: return bytes
            case .wouldBlock: try wait(for: socket, POLLIN)
            case .bytes(let count): bytes += buffer[..<count]
            }
        }
        return bytes
    }

    private func wait(
        for socket: borrowing FileDescriptor, _ events: CInt
    ) throws(SystemCallError) {
        while true {
            var entry = pollfd(fd: socket.rawValue, events: Int16(events), revents: 0)
            if poll(&entry, 1, deadline.pollTimeout(from: .now())) > 0 { return }
            if .now() >= deadline { throw SystemCallError("poll", .timedOut) }
        }
    }

    private static func response(_ bytes: [UInt8]) throws(HTTP1Fault) -> Response {
        try bytes.withUnsafeBufferPointer { bytes throws(HTTP1Fault) in
            var limits = HTTP1Limits()
            limits.body = maxSize
            var reader = HTTP1ResponseReader(limits: limits)
            var input = UnsafeRawBufferPointer(bytes)
            var response: Response?
            while true {
                switch try reader.receive(&input) {
                case .head(let head):
                    response = Response(status: head.status, fields: head.fields)
                    continue
                case .body(let bytes):
                    response?.body += bytes
                    continue
                case .needsMore: try reader.inputEnded()
                case .end: break
                }
                guard let response else { throw .cutOff }
                return response
            }
        }
    }
}

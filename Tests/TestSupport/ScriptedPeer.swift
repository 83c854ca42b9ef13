// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
package import SystemIO

/// A client that says frames by hand over a real socket and looks at each frame that comes back.
///
/// Every wait is bounded: a server that says nothing fails the test instead of hanging it.
package final class ScriptedPeer {
    /// What a peer waits for in vain.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private let socket: FileDescriptor
    private let decoder = HeaderDecoder()
    private var received: [UInt8] = []
    private var nextPing: UInt64 = 1
    /// The server, when it lives as long as this peer.
    var server: AnyObject?

    /// Connects, and says nothing yet. A small `receiveBuffer` makes the kernel hold little for us.
    package init(to address: SocketAddress, receiveBuffer: CInt? = nil) throws {
        let blocking = FileDescriptor(
            owning: CLinux.socket(address.family, CInt(SOCK_STREAM.rawValue), 0))
        let raw = blocking.rawValue
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(raw, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        if var size = receiveBuffer {
            setsockopt(raw, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
        }
        socket = blocking
        socket.setNoDelay()
        guard try socket.connect(to: address) == .connected else {
            throw Failure(description: "cannot connect")
        }
    }

    /// Connects and shakes hands: preface and SETTINGS both ways.
    package static func greeted(
        by address: SocketAddress, settings: [(id: UInt16, value: UInt32)] = [],
        receiveBuffer: CInt? = nil
    ) throws -> ScriptedPeer {
        let peer = try ScriptedPeer(to: address, receiveBuffer: receiveBuffer)
        try peer.send(Frame.preface + Frame.settings(settings).bytes)
        guard try peer.nextOfAnyKind() != Frame.settingsAcknowledgement else {
            throw Failure(description: "the server acknowledged before it said its own SETTINGS")
        }
        guard try peer.nextOfAnyKind() == Frame.settingsAcknowledgement else {
            throw Failure(description: "the server did not acknowledge our SETTINGS")
        }
        try peer.send(Frame.settingsAcknowledgement)
        return peer
    }

    // MARK: Out

    package func send(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes {
            var rest = $0
            while !rest.isEmpty {
                guard case .bytes(let count) = try socket.send(rest) else {
                    throw Failure(description: "the server takes no bytes")
                }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }

    package func send(_ frames: Frame...) throws { try send(frames.flatMap(\.bytes)) }

    /// Sends what the kernel takes now; false when the server has stopped reading.
    package func trySend(_ bytes: [UInt8]) throws -> Bool {
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(socket.rawValue, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        return try bytes.withUnsafeBytes { try socket.send($0) } == .bytes(bytes.count)
    }

    /// The header block of a gRPC call, and `message` with its prefix when there is one.
    package func call(
        _ path: String, on streamID: Int32, _ message: [UInt8]? = nil,
        extra: [(String, String)] = []
    ) throws {
        var bytes = Frame.headers(streamID, Self.callFields(path, extra: extra)).bytes
        if let message {
            bytes += Frame.data(streamID, prefixed(message), endStream: true).bytes
        }
        try send(bytes)
    }

    package static func callFields(
        _ path: String, extra: [(String, String)] = []
    ) -> [(String, String)] {
        [
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "test"),
            ("te", "trailers"), ("content-type", "application/grpc"),
        ] + extra
    }

    package func shutdownSending() { socket.shutdownSending() }

    // MARK: In

    /// The next frame; nil when the server has closed the connection.
    package func nextOfAnyKind() throws -> Frame? {
        while true {
            if let frame = Frame(takingFrom: &received) { return frame }
            if try !receiveMore() { return nil }
        }
    }

    /// The next frame that is not about flow control.
    package func next() throws -> Frame? {
        while let frame = try nextOfAnyKind() {
            if !frame.isA(.windowUpdate) { return frame }
        }
        return nil
    }

    /// The next frame, which must be of this kind.
    package func next(_ kind: Frame.Kind) throws -> Frame {
        guard let frame = try next() else {
            throw Failure(description: "expected \(kind), but the connection ended")
        }
        guard frame.isA(kind) else {
            throw Failure(description: "expected \(kind), got \(frame)")
        }
        return frame
    }

    /// The fields of the next frame, which must be a whole header block.
    package func nextHeaders(endStream: Bool) throws -> [String] {
        let frame = try next(.headers)
        guard frame.endsStream == endStream, frame.flags & Frame.endHeaders != 0 else {
            throw Failure(description: "header block with flags \(frame.flags)")
        }
        guard let fields = decoder.decode(frame.payload) else {
            throw Failure(description: "a header block that does not decode")
        }
        return fields
    }

    /// Reads an answer with one message: its payload, and its trailers.
    package func nextAnswer() throws -> (message: [UInt8], trailers: [String]) {
        let initial = try nextHeaders(endStream: false)
        guard initial == [":status: 200", "content-type: application/grpc"] else {
            throw Failure(description: "unexpected headers \(initial)")
        }
        return (try nextMessage(), try nextHeaders(endStream: true))
    }

    /// The payload of the next DATA frame, which must hold one whole message.
    package func nextMessage() throws -> [UInt8] {
        let data = try next(.data).payload
        guard data.count >= 5, data == prefixed(Array(data[5...])) else {
            throw Failure(description: "not one message: \(data)")
        }
        return Array(data[5...])
    }

    /// Two PINGs that are answered one after the other, and nothing else comes: the server has done all that it
    /// was going to do with what it got before.
    package func expectSilence() throws {
        for _ in 0..<2 {
            try send(Frame.ping(nextPing))
            guard try next() == Frame.ping(nextPing, isAcknowledgement: true) else {
                throw Failure(description: "the server said something")
            }
            nextPing += 1
        }
    }

    /// Reads on until the server closes the connection; the frames that came before.
    package func framesUntilEnd() throws -> [Frame] {
        var frames: [Frame] = []
        while let frame = try next() { frames.append(frame) }
        return frames
    }

    /// Exactly so many bytes, in whatever protocol.
    package func bytes(_ count: Int) throws -> [UInt8] {
        while received.count < count {
            if try !receiveMore() { throw Failure(description: "the connection ended early") }
        }
        defer { received.removeFirst(count) }
        return Array(received[..<count])
    }

    /// What the server says until it closes the connection, in whatever protocol.
    package func bytesUntilEnd() throws -> [UInt8] {
        while try receiveMore() {}
        return received
    }

    /// Reads raw bytes until the server closes or resets the connection.
    package func waitForEnd() throws {
        while try receiveMore() {}
    }

    private func receiveMore() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        let transfer: FileDescriptor.Transfer
        do {
            transfer = try chunk.withUnsafeMutableBytes { try socket.receive(into: $0) }
        } catch let error as SystemCallError where error.errno == .connectionReset {
            return false
        }
        switch transfer {
        case .bytes(let count): received += chunk[..<count]
        case .endOfFile: return false
        case .wouldBlock: throw Failure(description: "nothing came from the server for 30 s")
        }
        return true
    }
}

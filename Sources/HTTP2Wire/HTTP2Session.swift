// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CNghttp2

/// One HTTP/2 connection as a pure machine: bytes in, events out; orders in, bytes out. No socket, no clock.
///
/// A class, because nghttp2 keeps a pointer to it. Not thread-safe: one thread at a time.
public final class HTTP2Session {
    /// The side of the connection that this session plays.
    public enum Role: Sendable { case client, server }

    let raw: OpaquePointer
    private let memory: HTTP2Memory
    let maxHeaderListSize: Int
    let unreadHeaders: HeaderNameSet
    private let keepsStreamWindows: Bool
    /// Bytes of bodies in the present receive.
    var bodyBytes = 0
    /// Makes the object for a stream that the peer opens.
    let makeStream: (StreamID) -> HTTP2Stream

    // Filled by the callbacks during `receive`, and nil outside it.
    var batch: Unmanaged<HTTP2EventBatch>?
    // Set by a callback that cannot go on; `receive` throws it.
    var failure: HTTP2Error?
    /// What nghttp2 last said was wrong with the peer's frames; for logs.
    public internal(set) var lastViolation: String?

    /// ``HTTP2Event/streamClosed(_:_:)`` of streams that closed while output was produced; the layer above takes
    /// them out when it has sent that output.
    public var closedWhileSending: ContiguousArray<HTTP2Event> = []

    // The stream of the latest frame, while it is open.
    var latestStream: Unmanaged<HTTP2Stream>?
    var latestStreamID: Int32 = 0
    private(set) var carriedBlock: HTTP2EventBatch.OpenBlock?
    private(set) var firstStream: Unmanaged<HTTP2Stream>?
    /// Streams that are open now.
    public private(set) var openStreamCount = 0

    /// A session whose SETTINGS are waiting to be sent. `makeStream` is called for each stream that the peer
    /// opens (never for a client: it is told push is off). Sessions of one thread may share `memory`. Throws
    /// only when memory is short.
    public static func make(
        _ role: Role, settings: HTTP2Settings = HTTP2Settings(),
        memory: HTTP2Memory = HTTP2Memory(),
        makeStream: @escaping (StreamID) -> HTTP2Stream = { HTTP2Stream(id: $0) }
    ) throws(HTTP2Error) -> HTTP2Session {
        let holder = UnsafeMutablePointer<OpaquePointer?>.allocate(capacity: 1)
        holder.initialize(to: nil)
        defer { holder.deallocate() }
        guard createRawSession(role, settings, memory, into: holder), let raw = holder.pointee
        else { throw .outOfMemory }
        let session = HTTP2Session(
            raw, memory, settings, makeStream: makeStream)
        nghttp2_session_set_user_data(raw, Unmanaged.passUnretained(session).toOpaque())
        try session.submitSettings(settings, role)
        return session
    }

    private init(
        _ raw: OpaquePointer, _ memory: HTTP2Memory, _ settings: HTTP2Settings,
        makeStream: @escaping (StreamID) -> HTTP2Stream
    ) {
        self.raw = raw
        self.memory = memory
        self.maxHeaderListSize = Int(settings.maxHeaderListSize)
        self.unreadHeaders = settings.unreadHeaders
        self.keepsStreamWindows = settings.keepsStreamWindows
        self.makeStream = makeStream
    }

    deinit {
        nghttp2_session_del(raw)
        forEachStream { dismiss($0) }
    }

    /// Takes bytes from the peer. `batch` then holds what they meant, until the next call for any session.
    ///
    /// Most violations do not throw: nghttp2 answers them with RST_STREAM or GOAWAY, and the session then
    /// no longer wants to read. When this throws, the session is over.
    public func receive(
        _ bytes: UnsafeRawBufferPointer, into batch: HTTP2EventBatch
    ) throws(HTTP2Error) {
        batch.reset()
        if let block = carriedBlock {
            carriedBlock = nil
            batch.reopen(block)
        }
        self.batch = Unmanaged.passUnretained(batch)
        let result = nghttp2_session_mem_recv(
            raw, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        self.batch = nil
        if batch.isBlockOpen { carriedBlock = batch.takeOpenBlock() }
        if keepsStreamWindows, bodyBytes > 0 {
            // The connection's window is for all streams: one that is not read must not close it.
            nghttp2_session_consume_connection(raw, bodyBytes)
            bodyBytes = 0
        }
        if result >= 0 { return }
        throw failure ?? HTTP2Session.error(CInt(result))
    }

    /// The next bytes for the peer, or nil when there are none now. Valid until the next call.
    public func nextOutput() throws(HTTP2Error) -> UnsafeRawBufferPointer? {
        var bytes: UnsafePointer<UInt8>?
        let count = nghttp2_session_mem_send(raw, &bytes)
        if count < 0 { throw HTTP2Session.error(CInt(count)) }
        return count == 0 ? nil : UnsafeRawBufferPointer(start: bytes, count: count)
    }

    /// The session can still make use of bytes from the peer.
    public var wantsRead: Bool { nghttp2_session_want_read(raw) != 0 }

    /// The session has bytes for the peer, now or once flow control lets them through.
    public var wantsWrite: Bool { nghttp2_session_want_write(raw) != 0 }

    /// The highest number of a stream that the peer opened.
    public var latestRemoteStreamID: StreamID {
        StreamID(rawValue: nghttp2_session_get_last_proc_stream_id(raw))
    }

    /// The peer has begun a header block and not ended it.
    public var isMidHeaderBlock: Bool { carriedBlock != nil }

    /// Visits every open stream. `body` may close streams, the visited one too.
    public func forEachStream(_ body: (HTTP2Stream) -> Void) {
        var streams: ContiguousArray<HTTP2Stream> = []
        var stream = firstStream
        while let current = stream?.takeUnretainedValue() {
            streams.append(current)
            stream = current.next
        }
        for stream in streams where !stream.isClosed { body(stream) }
    }

    func adopt(_ stream: HTTP2Stream) {
        let owned = Unmanaged.passRetained(stream)
        firstStream?._withUnsafeGuaranteedRef { $0.previous = owned }
        stream.next = firstStream
        firstStream = owned
        openStreamCount += 1
    }

    func dismiss(_ stream: HTTP2Stream) {
        let (previous, next) = (stream.previous, stream.next)
        stream.isClosed = true
        stream.next = nil
        stream.previous = nil
        next?._withUnsafeGuaranteedRef { $0.previous = previous }
        if let previous {
            previous._withUnsafeGuaranteedRef { $0.next = next }
        } else {
            firstStream = next
        }
        openStreamCount -= 1
        Unmanaged.passUnretained(stream).release()
    }

    static func error(_ code: CInt) -> HTTP2Error {
        switch code {
        case NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue: .badPreface
        case NGHTTP2_ERR_NOMEM.rawValue: .outOfMemory
        case NGHTTP2_ERR_FLOODED.rawValue: .excessive(what: "frames that need an answer")
        default: .violation(text: String(cString: nghttp2_strerror(code)))
        }
    }
}

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
    let role: Role
    private let memory: HTTP2Memory
    let maxHeaderListSize: Int
    let unreadHeaders: HeaderNameSet
    let keepsStreamWindows: Bool
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
    /// Why the connection had to be ended; known once our GOAWAY has been taken from ``nextOutput()``.
    public internal(set) var violation: HTTP2Violation?
    // What we end the connection for ourselves.
    var termination: (code: HTTP2ErrorCode, text: StaticString)?
    // nghttp2 had no memory for something. From then on it is not called: it may have kept hold of what it freed
    // (1.52 does when the queue of a body cannot grow), and its peer would wait in vain.
    var isOutOfMemory = false
    // Where the bytes of a GOAWAY stand that we added a text to.
    var goAwayFrame: UnsafeMutableRawBufferPointer?

    // MARK: What the peer's frames cost us; whoever takes a count sets it back to 0.

    /// Frames that cost work and bring no call forward. A stream that the peer made us reset counts for ten,
    /// SETTINGS too.
    public var unproductiveFrames: UInt32 = 0
    /// Streams that both sides have ended after an answer, and pieces of bodies that were worth a frame: as much
    /// as the source had to say, or 1 KiB and more.
    public var completedWork: UInt32 = 0
    /// Why streams were, or are to be, reset for what the peer sent; who takes them empties it.
    public var brokenRules: [BrokenRule] = []
    /// PINGs of the peer's own.
    public var receivedPings: UInt32 = 0

    var walk: FrameWalk
    // Of the last stream of a GOAWAY that is being received, the bytes that nghttp2 is still to read as 0.
    var blankLeft = 0
    var history = StreamHistory()
    // The header block that CONTINUATION frames go on with; no stream: there is none.
    var openBlock: (stream: Int32, length: Int, continuations: Int) = (0, 0, 0)
    // SETTINGS came, and what they cause is still to be sent.
    var haveWindowsChanged = false
    // Pings of ours that are still to come back.
    var unansweredPings: UInt32 = 0

    /// ``HTTP2Event/streamClosed(_:_:)`` of streams that closed while output was produced; the layer above takes
    /// them out when it has sent that output.
    public var closedWhileSending: ContiguousArray<HTTP2Event> = []

    // The stream of the latest frame, while it is open.
    var latestStream: Unmanaged<HTTP2Stream>?
    var latestStreamID: Int32 = 0
    var carriedBlock: HTTP2EventBatch.OpenBlock?
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
            raw, role, memory, settings, makeStream: makeStream)
        nghttp2_session_set_user_data(raw, Unmanaged.passUnretained(session).toOpaque())
        try session.submitSettings(settings, role)
        return session
    }

    private init(
        _ raw: OpaquePointer, _ role: Role, _ memory: HTTP2Memory, _ settings: HTTP2Settings,
        makeStream: @escaping (StreamID) -> HTTP2Stream
    ) {
        self.raw = raw
        self.role = role
        self.walk = FrameWalk(prefaceLength: role == .server ? 24 : 0)
        self.memory = memory
        self.maxHeaderListSize = Int(settings.maxHeaderListSize)
        self.unreadHeaders = settings.unreadHeaders
        self.keepsStreamWindows = settings.keepsStreamWindows
        self.makeStream = makeStream
    }

    deinit {
        // Better lost than freed twice.
        if !isOutOfMemory { nghttp2_session_del(raw) }
        goAwayFrame?.deallocate()
        forEachStream { dismiss($0) }
    }

    /// The session can still make use of bytes from the peer.
    public var wantsRead: Bool { nghttp2_session_want_read(raw) != 0 }

    /// The session has bytes for the peer, now or once flow control lets them through.
    public var wantsWrite: Bool { nghttp2_session_want_write(raw) != 0 }

    /// The highest number of a stream that the peer opened.
    public var latestRemoteStreamID: StreamID {
        StreamID(rawValue: nghttp2_session_get_last_proc_stream_id(raw))
    }

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
        case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS.rawValue: .excessive(what: "CONTINUATION frames")
        default: .violation(text: String(cString: nghttp2_strerror(code)))
        }
    }
}

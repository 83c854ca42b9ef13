// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CNghttp2

/// One HTTP/2 connection as a pure state machine: bytes in, events out; commands in, bytes out. No socket, no clock.
///
/// A class, because nghttp2 keeps a pointer to it. Not thread-safe: one thread at a time.
package final class HTTP2Session {
    /// The side of the connection that this session plays.
    package enum Role: Sendable { case client, server }

    let raw: OpaquePointer
    let role: Role
    let settings: HTTP2Settings
    private let memory: HTTP2Memory
    /// Makes the object for a stream that the peer opens.
    let makeStream: (StreamID) -> HTTP2Stream
    var streams = OpenStreams()
    var inspector: FrameInspector
    /// What the peer's frames have cost since these were taken.
    package internal(set) var costs = HTTP2Costs()
    /// Why streams were, or are to be, reset for what the peer sent.
    package internal(set) var brokenRules: [BrokenRule] = []
    var end = SessionEnd()

    var target = EventTarget()
    /// Bytes of bodies in the present receive.
    var bodyBytes = 0
    /// How header blocks are read.
    var headers: HeaderReading
    /// SETTINGS came, and what they cause is still to be sent.
    var haveWindowsChanged = false
    /// Streams that closed while output was produced; the layer above takes them out when it has sent that output.
    var closedWhileSending: [(stream: HTTP2Stream, code: HTTP2ErrorCode)] = []

    /// A session whose SETTINGS are waiting to be sent. `makeStream` is called for each stream that the peer
    /// opens (never for a client: it is told push is off), unless there is the object of a closed one. Sessions of one
    /// thread may share `memory`. Throws only when memory is short.
    package static func make(
        _ role: Role, settings: HTTP2Settings = HTTP2Settings(),
        memory: HTTP2Memory = HTTP2Memory(),
        makeStream: @escaping (StreamID) -> HTTP2Stream = { HTTP2Stream(id: $0) }
    ) throws(HTTP2Error) -> HTTP2Session {
        guard let template = memory.template(role, settings),
            let raw = createRawSession(template, memory)
        else { throw .outOfMemory }
        let session = HTTP2Session(
            raw, role, memory, settings, makeStream: makeStream)
        nghttp2_session_set_user_data(raw, Unmanaged.passUnretained(session).toOpaque())
        try session.submitSettings(template.entries)
        return session
    }

    private init(
        _ raw: OpaquePointer, _ role: Role, _ memory: HTTP2Memory, _ settings: HTTP2Settings,
        makeStream: @escaping (StreamID) -> HTTP2Stream
    ) {
        self.raw = raw
        self.role = role
        self.settings = settings
        self.headers = HeaderReading(unread: settings.unreadHeaders)
        self.inspector = FrameInspector(role)
        self.memory = memory
        self.makeStream = makeStream
    }

    deinit {
        // Better lost than freed twice.
        if !end.isOutOfMemory { nghttp2_session_del(raw) }
        closeStreams { _ in }
    }

    /// Has these fields left out of header blocks that begin from now on.
    package func leaveUnread(_ names: HeaderNameSet) { headers.unread = names }

    /// The session can still make use of bytes from the peer.
    package var wantsRead: Bool { nghttp2_session_want_read(raw) != 0 }

    /// The session has bytes for the peer, now or once flow control lets them through.
    package var wantsWrite: Bool { nghttp2_session_want_write(raw) != 0 }

    /// The highest number of a stream that the peer opened.
    package var latestRemoteStreamID: StreamID {
        StreamID(rawValue: nghttp2_session_get_last_proc_stream_id(raw))
    }

    /// Streams that the peer opened and that closed before we had ended them.
    package var failedStreams: Int { streams.failedCount }

    /// Bytes of bodies that the peer lets us send on all streams together.
    package var sendWindow: Int { Int(nghttp2_session_get_remote_window_size(raw)) }

    /// Bytes of bodies that we let the peer send on all streams together.
    package var receiveWindow: Int { Int(nghttp2_session_get_local_window_size(raw)) }

    /// Streams that are open now.
    package var openStreamCount: Int { streams.count }

    /// Visits every open stream. `body` may close streams, the visited one too.
    package func forEachStream(_ body: (HTTP2Stream) -> Void) {
        for stream in streams.all where !stream.isClosed { body(stream) }
    }

    /// Visits every open stream, without a retain. `body` closes none.
    package func visitStreams(_ body: (HTTP2Stream) -> Void) {
        var next = streams.first
        while let stream = next {
            stream._withUnsafeGuaranteedRef {
                next = $0.next
                body($0)
            }
        }
    }

    /// Lets go of the objects of closed streams that wait for the next ones.
    package func dropSpareStreams() { streams.dropSpares() }

    /// Closes every stream, and lets go of it, for `body` to clean up. The session is over: its peer is not told.
    package func closeStreams(_ body: (HTTP2Stream) -> Void) {
        while let reference = streams.first {
            let stream = streams.remove(reference)
            body(stream)
            _ = target.batch?.keep(stream)
        }
        streams.dropSpares()
    }

    /// What nghttp2 last said was wrong with the peer's frames; for logs.
    package var lastViolation: String? { end.lastViolation }

    /// Why the connection had to be ended; known once our GOAWAY has been taken from ``nextOutput()``.
    package var violation: HTTP2Violation? { end.violation }

    /// Takes out a stream that closed while output was produced; nil when there is none.
    package func takeClosedStream() -> (stream: HTTP2Stream, code: HTTP2ErrorCode)? {
        closedWhileSending.popLast()
    }

    // MARK: Bytes in: each frame's head is inspected, then nghttp2 gets the bytes

    /// Takes bytes from the peer. `batch` then holds what they meant, until the next call for any session; reset it when
    /// that is read, so that it lets go of streams.
    ///
    /// Most violations do not throw: they are answered with RST_STREAM or GOAWAY, and after the latter the session
    /// no longer wants to read (``violation``). When this throws, the session is over; a GOAWAY is waiting to be
    /// sent, unless memory has run out. Bytes that come after either are ignored.
    package func receive(
        _ bytes: UnsafeRawBufferPointer, into batch: HTTP2EventBatch
    ) throws(HTTP2Error) {
        batch.reset()
        if end.termination != nil || end.isOutOfMemory { return }
        let store = batch.store
        if let block = headers.carriedBlock {
            headers.carriedBlock = nil
            store.pointee.reopen(block)
        }
        if target.batch !== batch { target.batch = batch }
        target.store = store
        let result = inspectAndFeed(bytes)
        target.store = nil
        if store.pointee.isBlockOpen { headers.carriedBlock = store.pointee.takeOpenBlock() }
        if settings.keepsStreamWindows, bodyBytes > 0, result >= 0 {
            // The connection's window is for all streams: one that is not read must not close it.
            record(nghttp2_session_consume_connection(raw, bodyBytes))
            bodyBytes = 0
        }
        if result >= 0 { return }
        record(CInt(result))
        let error = end.failure ?? HTTP2Session.error(CInt(result))
        terminate(error.code, error.goAwayText)
        throw error
    }

    /// A header block has begun, and its end has not come.
    package var isMidHeaderBlock: Bool { inspector.isMidHeaderBlock || headers.carriedBlock != nil }

    /// A frame has begun, and its end has not come.
    package var isMidFrame: Bool { inspector.walk.isMidFrame }

    private func inspectAndFeed(_ bytes: UnsafeRawBufferPointer) -> Int {
        var fed = 0
        var position = 0
        if inspector.blankLeft > 0 {
            let result = feedBlank(bytes, &fed)
            if result < 0 { return result }
        }
        while let head = inspector.walk.next(in: bytes, &position) {
            if inspector.takeUsual(head) { continue }
            // Whether a stream is open is known when all bytes before are read. Of a head that began in an earlier read
            // nghttp2 has some bytes already, and waits for the rest.
            let start = max(fed, position &- FrameHead.size)
            let result = feed(bytes[fed..<start])
            if result < 0 { return result }
            fed = start
            if let violation = inspector.inspect(head, raw, &costs) {
                terminate(violation.code, violation.text)
                return 0
            }
            if head.kind == FrameHead.Kind.goAway, role == .server {
                var result = feed(bytes[fed..<position])
                fed = position
                inspector.blankLeft = min(Self.lastStreamLength, head.length)
                if result >= 0 { result = feedBlank(bytes, &fed) }
                if result < 0 { return result }
            }
        }
        return feed(bytes[fed...])
    }

    /// Feeds 0 for the last stream of a client's GOAWAY, which names a stream that we opened: we open none. gRPC's client
    /// in Go names the latest that it opened itself, and nghttp2 would take that for a violation.
    private func feedBlank(_ bytes: UnsafeRawBufferPointer, _ fed: inout Int) -> Int {
        let count = min(inspector.blankLeft, bytes.count - fed)
        inspector.blankLeft -= count
        fed += count
        return withUnsafeBytes(of: UInt32(0)) { feed($0[..<count]) }
    }

    private static var lastStreamLength: Int { 4 }

    private func feed(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int {
        let bytes = UnsafeRawBufferPointer(rebasing: bytes)
        if bytes.isEmpty { return 0 }
        return nghttp2_session_mem_recv(
            raw, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
    }

    // MARK: Bytes out

    /// The next bytes for the peer, or nil when there are none now. Valid until the next call. Throws when
    /// memory has run out: the session is over.
    @inline(__always)
    package func nextOutput() throws(HTTP2Error) -> UnsafeRawBufferPointer? {
        if end.isOutOfMemory { throw .outOfMemory }
        var start: UnsafePointer<UInt8>?
        let count = nghttp2_session_mem_send(raw, &start)
        if count < 0 {
            record(CInt(count))
            throw HTTP2Session.error(CInt(count))
        }
        if count == 0 {
            haveWindowsChanged = false
            return nil
        }
        let bytes = UnsafeRawBufferPointer(start: start, count: count)
        // One frame at a time comes from nghttp2.
        return count >= 17 && bytes[3] == FrameHead.Kind.goAway ? end.explain(bytes) : bytes
    }

    /// Copies frames for the peer into `buffer`, from `count` on, which moves behind them. When one does not fit, it is the
    /// result, as ``nextOutput()`` gives it; nil when there are no more now.
    package func gatherOutput(
        into buffer: UnsafeMutableRawBufferPointer, _ count: inout Int
    ) throws(HTTP2Error) -> UnsafeRawBufferPointer? {
        while let frame = try nextOutput() {
            if frame.count > buffer.count &- count { return frame }
            (buffer.baseAddress.unsafelyUnwrapped + count).copyMemory(
                from: frame.baseAddress.unsafelyUnwrapped, byteCount: frame.count)
            count &+= frame.count
        }
        return nil
    }

    /// Ends the connection: GOAWAY with this code and text is the last that is sent, and nothing more is read. The
    /// first call counts, and so does a violation that nghttp2 has found before.
    package func terminate(_ code: HTTP2ErrorCode, _ debugText: StaticString) {
        if end.termination != nil { return }
        end.termination = (code, debugText)
        if !end.isOutOfMemory { record(nghttp2_session_terminate_session(raw, code.rawValue)) }
    }

    // MARK: What the peer costs

    /// Takes ``costs``: they count from 0 again.
    package func takeCosts() -> HTTP2Costs {
        defer { costs = HTTP2Costs() }
        return costs
    }

    /// Adds to the unproductive frames what the peer has cost in another layer.
    package func charge(_ frames: UInt32) { costs.unproductiveFrames &+= frames }

    /// Takes ``brokenRules``.
    package func takeBrokenRules() -> [BrokenRule] {
        defer { brokenRules = [] }
        return brokenRules
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

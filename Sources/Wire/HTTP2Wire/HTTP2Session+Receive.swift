// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CNghttp2

/// Input: each frame's head is inspected, then nghttp2 gets the bytes.
extension HTTP2Session {
    /// Takes bytes from the peer. `batch` then holds what they meant, until the next call for any session.
    ///
    /// Most violations do not throw: they are answered with RST_STREAM or GOAWAY, and after the latter the session
    /// no longer wants to read (``violation``). When this throws, the session is over; a GOAWAY is waiting to be
    /// sent, unless memory has run out. Bytes that come after either are ignored.
    public func receive(
        _ bytes: UnsafeRawBufferPointer, into batch: HTTP2EventBatch
    ) throws(HTTP2Error) {
        batch.reset()
        if end.termination != nil || end.isOutOfMemory { return }
        if let block = carriedBlock {
            carriedBlock = nil
            batch.reopen(block)
        }
        self.batch = Unmanaged.passUnretained(batch)
        let result = inspectAndFeed(bytes)
        self.batch = nil
        if batch.isBlockOpen { carriedBlock = batch.takeOpenBlock() }
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
    public var isMidHeaderBlock: Bool { inspector.isMidHeaderBlock || carriedBlock != nil }

    /// A frame has begun, and its end has not come.
    public var isMidFrame: Bool { inspector.walk.isMidFrame }

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
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CNghttp2

/// The way in: each frame's head is judged by what nghttp2 leaves to us, then nghttp2 has its bytes.
extension HTTP2Session {
    /// CONTINUATION frames of one header block.
    private static let maxContinuations = 32
    /// Octets of one header block, as they come. What they unfold to has a limit of its own, which is answered
    /// more kindly.
    private static let maxBlockLength = 256 << 10
    /// What a stream that we have to reset counts for in ``unproductiveFrames``: it costs a stream of ours, and
    /// the peer one frame (CVE-2025-8671).
    static let provokedResetWeight: UInt32 = 10
    /// The same for SETTINGS: nghttp2 goes through its table of streams for each, and answers it.
    private static let settingsWeight: UInt32 = 10

    /// Takes bytes from the peer. `batch` then holds what they meant, until the next call for any session.
    ///
    /// Most violations do not throw: they are answered with RST_STREAM or GOAWAY, and after the latter the session
    /// no longer wants to read (``violation``). When this throws, the session is over; a GOAWAY is waiting to be
    /// sent, unless memory has run out. Bytes that come after either are passed over.
    public func receive(
        _ bytes: UnsafeRawBufferPointer, into batch: HTTP2EventBatch
    ) throws(HTTP2Error) {
        batch.reset()
        if termination != nil || isOutOfMemory { return }
        if let block = carriedBlock {
            carriedBlock = nil
            batch.reopen(block)
        }
        self.batch = Unmanaged.passUnretained(batch)
        let result = walkAndFeed(bytes)
        self.batch = nil
        if batch.isBlockOpen { carriedBlock = batch.takeOpenBlock() }
        if keepsStreamWindows, bodyBytes > 0, result >= 0 {
            // The connection's window is for all streams: one that is not read must not close it.
            isDone(nghttp2_session_consume_connection(raw, bodyBytes))
            bodyBytes = 0
        }
        if result >= 0 { return }
        isDone(CInt(result))
        let error = failure ?? HTTP2Session.error(CInt(result))
        terminate(error.code, error.goAwayText)
        throw error
    }

    /// A header block has begun, and its end has not come.
    public var isMidHeaderBlock: Bool { openBlock.stream != 0 || carriedBlock != nil }

    /// A frame has begun, and its end has not come.
    public var isMidFrame: Bool { walk.isMidFrame }

    private func walkAndFeed(_ bytes: UnsafeRawBufferPointer) -> Int {
        var fed = 0
        var position = 0
        var start = 0
        if blankLeft > 0 {
            let result = feedBlank(bytes, &fed)
            if result < 0 { return result }
        }
        while let head = walk.next(in: bytes, &position) {
            // Of a head that began in an earlier read nghttp2 has some octets already, and waits for the rest.
            start = max(fed, position &- FrameHead.size)
            if openBlock.stream == 0, history.isUsual(head) { continue }
            // Whether a stream is open is known when all that comes before is read.
            let result = feed(bytes[fed..<start])
            if result < 0 { return result }
            fed = start
            if let broken = judge(head) {
                terminate(broken.code, broken.text)
                return 0
            }
            if head.kind == FrameHead.Kind.goAway, role == .server {
                var result = feed(bytes[fed..<position])
                fed = position
                blankLeft = min(Self.lastStreamLength, head.length)
                if result >= 0 { result = feedBlank(bytes, &fed) }
                if result < 0 { return result }
            }
        }
        return feed(bytes[fed...])
    }

    /// The last stream of a client's GOAWAY is one that we opened, and we open none: nghttp2 reads 0, whatever came.
    /// gRPC's client in Go says the latest that it opened itself, which nghttp2 would answer as a breach.
    private func feedBlank(_ bytes: UnsafeRawBufferPointer, _ fed: inout Int) -> Int {
        let count = min(blankLeft, bytes.count - fed)
        blankLeft -= count
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

    /// The rule that a frame breaks, if it is one that nghttp2 does not look after. Counts what costs us work.
    private func judge(_ head: FrameHead) -> Rule? {
        // Only CONTINUATION may come within a header block; nghttp2 sees to it.
        if openBlock.stream != 0 {
            return head.kind == FrameHead.Kind.continuation ? judgeContinuation(head) : nil
        }
        switch head.kind {
        case FrameHead.Kind.data, FrameHead.Kind.headers:
            if let rule = judgeOnStream(head) { return rule }
            if head.kind == FrameHead.Kind.headers, !head.endsBlock {
                openBlock = (head.streamID, head.length, 0)
            }
            return nil
        case FrameHead.Kind.priority:
            unproductiveFrames &+= 1
            if head.streamID == 0 { return Rule(.protocolError, "PRIORITY: stream_id == 0") }
            return head.dependency == head.streamID
                ? Rule(.protocolError, "PRIORITY: depend on itself") : nil
        case FrameHead.Kind.ping:
            countPing(head)
        case FrameHead.Kind.settings:
            // Ours is acknowledged once, and nghttp2 takes no further ACK.
            if !head.isAcknowledgement { unproductiveFrames &+= Self.settingsWeight }
        case FrameHead.Kind.reset:
            history.ended(head.streamID)
            unproductiveFrames &+= 1
        default:
            unproductiveFrames &+= 1
        }
        return nil
    }

    private func countPing(_ head: FrameHead) {
        if !head.isAcknowledgement {
            receivedPings &+= 1
            unproductiveFrames &+= 1
        } else if unansweredPings > 0 {
            unansweredPings -= 1
        } else {
            unproductiveFrames &+= 1
        }
    }

    private func judgeContinuation(_ head: FrameHead) -> Rule? {
        unproductiveFrames &+= 1
        openBlock.length += head.length
        openBlock.continuations += 1
        if head.endsBlock { openBlock.stream = 0 }
        if openBlock.continuations > Self.maxContinuations {
            return Rule(.enhanceYourCalm, "CONTINUATION: too many for one header block")
        }
        return openBlock.length > Self.maxBlockLength
            ? Rule(.enhanceYourCalm, "CONTINUATION: the header block is too long") : nil
    }

    /// DATA and HEADERS on a stream that nghttp2 has forgotten: it passes them over, whyever that is.
    private func judgeOnStream(_ head: FrameHead) -> Rule? {
        let id = head.streamID
        // Streams that are no client's, and data of idle ones: nghttp2 refuses them.
        guard role == .server, id > 0, id & 1 == 1 else { return nil }
        if id > history.newest {
            if head.kind == FrameHead.Kind.headers { history.opened(head) }
            return nil
        }
        if nghttp2_session_get_stream_user_data(raw, id) != nil {
            if head.endsStream { history.ended(id) }
            if !head.endsStream, head.length == 0 || head.isPadded { unproductiveFrames &+= 1 }
            return nil
        }
        let isHeaders = head.kind == FrameHead.Kind.headers
        // A stream above this one is not served: our GOAWAY was on its way.
        if id > nghttp2_session_get_last_proc_stream_id(raw) || history.mayBeUnderWay(id) {
            unproductiveFrames &+= 1
            return nil
        }
        if history.wasSkipped(id) {
            return Rule(
                .protocolError,
                isHeaders
                    ? "HEADERS: stream_id is lower than an earlier one"
                    : "DATA: stream was never opened")
        }
        return Rule(
            .streamClosed, isHeaders ? "HEADERS: stream closed" : "DATA: stream closed")
    }

    /// What is wrong with a frame.
    private struct Rule {
        let code: HTTP2ErrorCode
        let text: StaticString

        init(_ code: HTTP2ErrorCode, _ text: StaticString) {
            self.code = code
            self.text = text
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CNghttp2

/// Judges each frame of a peer by the rules that nghttp2 leaves to us, and counts what it costs.
struct FrameInspector {
    /// What is wrong with a frame.
    struct Violation {
        let code: HTTP2ErrorCode
        let text: StaticString

        init(_ code: HTTP2ErrorCode, _ text: StaticString) {
            self.code = code
            self.text = text
        }
    }

    let role: HTTP2Session.Role
    var walk: FrameWalk
    var history = StreamHistory()
    /// The header block that CONTINUATION frames go on with; no stream when there is none.
    private var openBlock: (stream: Int32, length: Int, continuations: Int) = (0, 0, 0)
    /// PINGs of ours that have not come back yet.
    private var unansweredPings: UInt32 = 0
    /// How many of the next bytes nghttp2 has to read as 0: those of the last stream in a client's GOAWAY.
    var blankLeft = 0

    /// CONTINUATION frames of one header block.
    private static let maxContinuations = 32
    /// Bytes of one header block, as they come. What they decompress to has a limit of its own, and a kinder answer.
    private static let maxBlockLength = 256 << 10

    init(_ role: HTTP2Session.Role) {
        self.role = role
        walk = FrameWalk(prefaceLength: role == .server ? 24 : 0)
    }

    /// A header block has begun, and its last frame has not come.
    var isMidHeaderBlock: Bool { openBlock.stream != 0 }

    /// A PING of ours was submitted.
    mutating func pingSubmitted() { unansweredPings += 1 }

    /// Takes a frame that needs no judgement, as most do not. False when it does: then nothing was noted.
    @inline(__always)
    mutating func takeUsual(_ head: FrameHead) -> Bool {
        openBlock.stream == 0 && history.noteIfUsual(head)
    }

    /// The rule that a frame breaks, if it is one that nghttp2 does not enforce. `session` has seen all bytes before the
    /// frame.
    mutating func inspect(
        _ head: FrameHead, _ session: OpaquePointer, _ costs: inout HTTP2Costs
    ) -> Violation? {
        // Only CONTINUATION may come within a header block; nghttp2 enforces that.
        if openBlock.stream != 0 {
            return head.kind == FrameHead.Kind.continuation
                ? inspectContinuation(head, &costs) : nil
        }
        switch head.kind {
        case FrameHead.Kind.data, FrameHead.Kind.headers:
            if let violation = inspectOnStream(head, session, &costs) { return violation }
            if head.kind == FrameHead.Kind.headers, !head.endsBlock {
                openBlock = (head.streamID, head.length, 0)
            }
            return nil
        case FrameHead.Kind.priority:
            costs.unproductiveFrames &+= 1
            if head.streamID == 0 { return Violation(.protocolError, "PRIORITY: stream_id == 0") }
            return head.dependency == head.streamID
                ? Violation(.protocolError, "PRIORITY: depend on itself") : nil
        case FrameHead.Kind.ping:
            countPing(head, &costs)
        case FrameHead.Kind.settings:
            // Ours is acknowledged once, and nghttp2 takes no further ACK.
            if !head.isAcknowledgement { costs.unproductiveFrames &+= HTTP2Costs.settingsWeight }
        case FrameHead.Kind.reset:
            history.ended(head.streamID)
            costs.unproductiveFrames &+= 1
        default:
            costs.unproductiveFrames &+= 1
        }
        return nil
    }

    private mutating func countPing(_ head: FrameHead, _ costs: inout HTTP2Costs) {
        if !head.isAcknowledgement {
            costs.pings &+= 1
            costs.unproductiveFrames &+= 1
        } else if unansweredPings > 0 {
            unansweredPings -= 1
        } else {
            costs.unproductiveFrames &+= 1
        }
    }

    private mutating func inspectContinuation(
        _ head: FrameHead, _ costs: inout HTTP2Costs
    ) -> Violation? {
        costs.unproductiveFrames &+= 1
        openBlock.length += head.length
        openBlock.continuations += 1
        if head.endsBlock { openBlock.stream = 0 }
        if openBlock.continuations > Self.maxContinuations {
            return Violation(.enhanceYourCalm, "CONTINUATION: too many for one header block")
        }
        return openBlock.length > Self.maxBlockLength
            ? Violation(.enhanceYourCalm, "CONTINUATION: the header block is too long") : nil
    }

    /// DATA and HEADERS on a stream that nghttp2 has forgotten: nghttp2 ignores them silently.
    private mutating func inspectOnStream(
        _ head: FrameHead, _ session: OpaquePointer, _ costs: inout HTTP2Costs
    ) -> Violation? {
        let id = head.streamID
        // nghttp2 refuses streams that no client can open, and data of idle ones.
        guard role == .server, id > 0, id & 1 == 1 else { return nil }
        if id > history.newest {
            if head.kind == FrameHead.Kind.headers { history.opened(head) }
            return nil
        }
        if nghttp2_session_get_stream_user_data(session, id) != nil {
            if head.endsStream { history.ended(id) }
            if !head.endsStream, head.length == 0 || head.isPadded {
                costs.unproductiveFrames &+= 1
            }
            return nil
        }
        let isHeaders = head.kind == FrameHead.Kind.headers
        // A stream above this one is not served: our GOAWAY was on its way.
        if id > nghttp2_session_get_last_proc_stream_id(session) || history.mayBeUnderWay(id) {
            costs.unproductiveFrames &+= 1
            return nil
        }
        if history.wasSkipped(id) {
            return Violation(
                .protocolError,
                isHeaders
                    ? "HEADERS: stream_id is lower than an earlier one"
                    : "DATA: stream was never opened")
        }
        return Violation(
            .streamClosed, isHeaders ? "HEADERS: stream closed" : "DATA: stream closed")
    }
}

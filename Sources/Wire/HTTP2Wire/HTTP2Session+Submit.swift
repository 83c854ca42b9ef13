// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CNghttp2

/// Commands to a session. Each only queues a frame: ``HTTP2Session/nextOutput()`` gives the bytes, and throws when there
/// was no memory for a command.
extension HTTP2Session {
    /// Answers a request. With `hasBody` the stream's ``HTTP2Stream/produce(into:)`` gives the body,
    /// otherwise the header block is the whole answer. False when the stream cannot be answered (any more).
    @discardableResult
    package func respond(
        _ stream: HTTP2Stream, headers: HeaderFields, hasBody: Bool
    ) -> Bool {
        if stream.isClosed { return false }
        let id = stream.id.rawValue
        var source = HTTP2Session.bodySource(of: stream)
        return perform(
            headers.withNameValues { table, count in
                withUnsafePointer(to: &source) {
                    nghttp2_submit_response(raw, id, table, count, hasBody ? $0 : nil)
                }
            })
    }

    /// Sends a request (client). The stream gets its number, or false is answered when none is left.
    @discardableResult
    package func request(
        _ stream: HTTP2Stream, headers: HeaderFields, hasBody: Bool
    ) -> Bool {
        if end.isOutOfMemory { return false }
        var source = HTTP2Session.bodySource(of: stream)
        let id = headers.withNameValues { table, count in
            withUnsafePointer(to: &source) {
                nghttp2_submit_request(
                    raw, nil, table, count, hasBody ? $0 : nil,
                    Unmanaged.passUnretained(stream).toOpaque())
            }
        }
        guard id > 0 else { return record(id) }
        stream.id = StreamID(rawValue: id)
        _ = streams.add(stream)
        return true
    }

    /// Goes on with a body whose ``HTTP2Stream/produce(into:)`` said `later`.
    package func resume(_ stream: HTTP2Stream) {
        if !stream.isClosed { perform(nghttp2_session_resume_data(raw, stream.id.rawValue)) }
    }

    /// Ends a body that has nothing left but its trailers. nghttp2 does not ask for a body before a closed window;
    /// trailers need none. Call it when all output that can go has been taken.
    package func endBody(_ stream: HTTP2Stream) {
        if stream.isClosed || stream.hasEndedBody || end.isOutOfMemory { return }
        var place: UInt8 = 0
        let production = withUnsafeMutableBytes(of: &place) {
            stream.produce(into: UnsafeMutableRawBufferPointer(rebasing: $0[..<0]))
        }
        guard case .last(_, let trailers?) = production else { return }
        stream.hasEndedBody = true
        // What nghttp2 still keeps of the body is let go of with the stream.
        if !submit(trailers, on: stream.id.rawValue) { reset(stream, .internalError) }
    }

    private func submit(_ trailers: HeaderFields, on streamID: Int32) -> Bool {
        record(
            trailers.withNameValues { table, count in
                nghttp2_submit_trailer(raw, streamID, table, count)
            })
    }

    /// Lets the peer send `count` bytes more on this stream (with ``HTTP2Settings/keepsStreamWindows``).
    package func consume(_ stream: HTTP2Stream, _ count: Int) {
        if !stream.isClosed, count > 0 {
            perform(nghttp2_session_consume_stream(raw, stream.id.rawValue, count))
        }
    }

    /// Ends a stream at once, in both directions (RST_STREAM).
    package func reset(_ stream: HTTP2Stream, _ code: HTTP2ErrorCode) {
        if !stream.isClosed {
            stream.isResetByUs = true
            perform(
                nghttp2_submit_rst_stream(
                    raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id.rawValue, code.rawValue))
        }
    }

    /// First step of a graceful end: asks the peer to open no more streams, and still serves those that are
    /// on their way (RFC 9113, 6.8: GOAWAY with the highest stream number).
    package func submitShutdownNotice() { perform(nghttp2_submit_shutdown_notice(raw)) }

    /// Second step, or the only one: GOAWAY with the last stream that is served, a code and a text.
    package func submitGoAway(_ code: HTTP2ErrorCode, debugText: StaticString = "") {
        if end.termination != nil { return }
        perform(
            nghttp2_submit_goaway(
                raw, UInt8(NGHTTP2_FLAG_NONE.rawValue),
                nghttp2_session_get_last_proc_stream_id(raw), code.rawValue, debugText.utf8Start,
                debugText.utf8CodeUnitCount))
    }

    /// Sends a PING with these eight bytes.
    package func submitPing(_ payload: UInt64) {
        inspector.pingSubmitted()
        withUnsafeBytes(of: payload) {
            _ = perform(
                nghttp2_submit_ping(
                    raw, UInt8(NGHTTP2_FLAG_NONE.rawValue),
                    $0.baseAddress!.assumingMemoryBound(to: UInt8.self)))
        }
    }

    /// Gives nghttp2 a command, unless it must not be called any more. False when the command failed.
    @inline(__always)
    @discardableResult
    private func perform(_ command: @autoclosure () -> CInt) -> Bool {
        end.isOutOfMemory ? false : record(command())
    }

    /// Takes the result of a call of nghttp2, and remembers when memory has run out. Other failures are about streams
    /// that have closed meanwhile, and harmless. False when the call failed.
    @inline(__always)
    @discardableResult
    func record(_ result: CInt) -> Bool {
        if result == 0 { return true }
        if result == NGHTTP2_ERR_NOMEM.rawValue { end.isOutOfMemory = true }
        return false
    }

    func submitSettings(_ entries: [nghttp2_settings_entry]) throws(HTTP2Error) {
        let result = nghttp2_submit_settings(
            raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), entries, entries.count)
        if result != 0 { throw HTTP2Session.error(result) }
    }

    /// Gives nghttp2 the body of a stream in parts. It asks only while the stream is open, and so while
    /// the session owns the object.
    private static func bodySource(of stream: HTTP2Stream) -> nghttp2_data_provider {
        let source = nghttp2_data_source(ptr: Unmanaged.passUnretained(stream).toOpaque())
        return nghttp2_data_provider(source: source) {
            raw, id, buffer, length, flags, source, context in
            let place = UnsafeMutableRawBufferPointer(start: buffer, count: length)
            let stream = Unmanaged<HTTP2Stream>.fromOpaque(source!.pointee.ptr)
            switch stream._withUnsafeGuaranteedRef({ $0.produce(into: place) }) {
            case .some(let count):
                // Less than there is room for is all that there was to say; a window of a few bytes is no work done.
                if count < length && count > 0 || count >= 1024 {
                    HTTP2Session.with(context) { $0.costs.completedWork &+= 1 }
                }
                return count
            case .later: return Int(NGHTTP2_ERR_DEFERRED.rawValue)
            case .failed:
                stream._withUnsafeGuaranteedRef { $0.isResetByUs = true }
                return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
            case .last(let count, let trailers):
                flags!.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
                stream._withUnsafeGuaranteedRef { $0.hasEndedBody = true }
                guard let trailers else { return count }
                flags!.pointee |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
                return HTTP2Session.with(context) {
                    // Its trailers follow at once, and close it: that spares a search.
                    $0.streams.latest = stream
                    $0.streams.latestID = id
                    return $0.submit(trailers, on: id)
                } ? count : Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
            }
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CNghttp2

/// nghttp2's callbacks: each translates into an event and returns; none sends or receives.
extension HTTP2Session {
    /// Nil when memory is short.
    static func createRawSession(
        _ template: SessionTemplate, _ memory: HTTP2Memory
    ) -> OpaquePointer? {
        let (callbacks, options) = (template.callbacks, template.options)
        var allocator = memory.callbacks
        var session: OpaquePointer?
        let result =
            switch template.role {
            case .server:
                nghttp2_session_server_new3(&session, callbacks, nil, options, &allocator)
            case .client:
                nghttp2_session_client_new3(&session, callbacks, nil, options, &allocator)
            }
        return result == 0 ? session : nil
    }

    static func installCallbacks(_ callbacks: OpaquePointer) {
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) {
            raw, frame, context in HTTP2Session.with(context) { $0.beganHeaders(frame!) }
        }
        nghttp2_session_callbacks_set_on_header_callback(callbacks) {
            raw, frame, name, nameLength, value, valueLength, flags, context in
            // Without a closure: eight fields of a Check cost half of what they did.
            guard let store = HTTP2Session.with(context, { $0.target.store }),
                !store.pointee.append(
                    name: name.unsafelyUnwrapped, nameLength, value: value.unsafelyUnwrapped,
                    valueLength)
            else { return 0 }
            return HTTP2Session.with(context) { $0.refuseFields() }
        }
        nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks) {
            raw, frame, name, nameLength, value, valueLength, flags, context in
            // Left alone, nghttp2 would drop the field and keep the message, which is malformed (RFC 9113, 8.2.1).
            NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) {
            raw, frame, context in HTTP2Session.with(context) { $0.receivedFrame(frame!) }
        }
        nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks) {
            raw, frame, code, context in
            HTTP2Session.with(context) { $0.refusedFrame(frame!, code) }
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) {
            raw, flags, id, data, length, context in
            HTTP2Session.with(context) {
                $0.receivedData(id, UnsafeRawBufferPointer(start: data, count: length))
            }
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) {
            raw, id, code, context in HTTP2Session.with(context) { $0.closedStream(id, code) }
        }
        nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks) {
            raw, frame, code, context in
            HTTP2Session.with(context) { $0.didNotSend(frame!, code) }
            return 0
        }
        nghttp2_session_callbacks_set_error_callback2(callbacks) {
            raw, code, text, length, context in
            let bytes = UnsafeRawBufferPointer(start: text, count: length)
            HTTP2Session.with(context) {
                $0.end.lastViolation = String(decoding: bytes, as: UTF8.self)
            }
            return 0
        }
    }

    /// nghttp2 sends no header block of more than 64 KiB, and says so here alone: its stream would stay open.
    private func didNotSend(_ frame: UnsafePointer<nghttp2_frame>, _ code: CInt) {
        guard code == NGHTTP2_ERR_FRAME_SIZE_ERROR.rawValue,
            let stream = stream(frame.pointee.hd.stream_id)
        else { return }
        reset(stream.takeUnretainedValue(), .internalError)
    }

    /// The session of a callback, which lives: nghttp2 calls back only from inside its methods. Not retained,
    /// because a callback comes for every header field.
    @inline(__always)
    static func with<Result>(
        _ context: UnsafeMutableRawPointer?, _ body: (HTTP2Session) -> Result
    ) -> Result {
        Unmanaged<HTTP2Session>.fromOpaque(context!)._withUnsafeGuaranteedRef(body)
    }

    /// The stream with a number; nil for one that is not ours (refused, or never adopted). Not retained: a retain for each
    /// callback would be a hundredth of a Check.
    @inline(__always)
    private func stream(_ id: Int32) -> Unmanaged<HTTP2Stream>? {
        // Frames of one stream come together: the latest stream spares a search of nghttp2's table.
        streams.latestID == id ? streams.latest : search(id)
    }

    private func search(_ id: Int32) -> Unmanaged<HTTP2Stream>? {
        guard let context = nghttp2_session_get_stream_user_data(raw, id) else { return nil }
        streams.latest = Unmanaged.fromOpaque(context)
        streams.latestID = id
        return streams.latest
    }

    private func beganHeaders(_ frame: UnsafePointer<nghttp2_frame>) -> CInt {
        target.store?.pointee.beginBlock(
            ignoring: headers.unread, limit: Int(settings.maxHeaderListSize))
        guard frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST else { return 0 }
        let id = frame.pointee.hd.stream_id
        let newID = StreamID(rawValue: id)
        let reference = streams.add(streams.takeSpare(newID) ?? makeStream(newID))
        streams.latest = reference
        streams.latestID = id
        nghttp2_session_set_stream_user_data(raw, id, reference.toOpaque())
        return 0
    }

    /// Ends a receive that decompresses to too much.
    private func refuseFields() -> CInt {
        end.failure = .excessive(what: "header bytes in one read")
        return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
    }

    /// nghttp2 resets the stream of a frame that breaks a rule. When it is a header block, no more of it comes.
    private func refusedFrame(_ frame: UnsafePointer<nghttp2_frame>, _ code: CInt) -> CInt {
        // Of a malformed message nghttp2 says nothing that the layer above does not know better.
        if role == .client, end.lastViolation == nil, code != NGHTTP2_ERR_HTTP_MESSAGING.rawValue {
            end.lastViolation = String(cString: nghttp2_strerror(code))
        }
        target.store?.pointee.abandonBlock()
        let id = frame.pointee.hd.stream_id
        if role == .server, let rule = BrokenRule(code) {
            brokenRules.append(rule)
            stream(id)?._withUnsafeGuaranteedRef { $0.hasBrokenRule = true }
        }
        if role == .server, id > 0, stream(id) == nil {
            // One too many at once: refused before it was a stream.
            inspector.history.wasCutOff(id)
            costs.unproductiveFrames &+= HTTP2Costs.provokedResetWeight
        }
        return 0
    }

    private func receivedData(_ id: Int32, _ bytes: UnsafeRawBufferPointer) -> CInt {
        bodyBytes &+= bytes.count
        if let stream = stream(id) {
            add(.data(StreamReference(unretained: stream), bytes, endStream: false))
        }
        return 0
    }

    private func receivedFrame(_ frame: UnsafePointer<nghttp2_frame>) -> CInt {
        let header = frame.pointee.hd
        let endStream = header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
        let isAcknowledgement = header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0
        switch UInt32(header.type) {
        case NGHTTP2_HEADERS.rawValue:
            guard let store = target.store else { return 0 }
            let block = HeaderBlock(endIn: store)
            guard let stream = stream(header.stream_id) else { return 0 }
            if endStream { stream._withUnsafeGuaranteedRef { $0.isPeerDone = true } }
            if block.isTooLarge { costs.unproductiveFrames &+= 1 }
            receivedHeaderBlock(stream, block, frame.pointee.headers.cat, endStream: endStream)
        case NGHTTP2_DATA.rawValue:
            if endStream, let stream = stream(header.stream_id) {
                stream._withUnsafeGuaranteedRef { $0.isPeerDone = true }
                receivedEnd(of: stream)
            }
        case NGHTTP2_RST_STREAM.rawValue:
            stream(header.stream_id)?._withUnsafeGuaranteedRef { $0.isResetByPeer = true }
        case NGHTTP2_SETTINGS.rawValue:
            if isAcknowledgement { return 0 }
            haveWindowsChanged = true
            add(.settings)
        case NGHTTP2_PING.rawValue:
            guard isAcknowledgement else { return 0 }
            let payload = withUnsafeBytes(of: frame.pointee.ping.opaque_data) {
                $0.loadUnaligned(as: UInt64.self)
            }
            add(.pingAcknowledged(payload))
        case NGHTTP2_GOAWAY.rawValue:
            let goAway = frame.pointee.goaway
            // A copy: nghttp2 frees the text when this callback has returned.
            target.batch?.debugData = Array(
                UnsafeBufferPointer(start: goAway.opaque_data, count: goAway.opaque_data_len))
            add(
                .goAway(
                    lastStreamID: StreamID(rawValue: goAway.last_stream_id),
                    HTTP2ErrorCode(rawValue: goAway.error_code)))
        default: break
        }
        return 0
    }

    @inline(__always)
    private func receivedHeaderBlock(
        _ stream: Unmanaged<HTTP2Stream>, _ block: HeaderBlock,
        _ category: nghttp2_headers_category,
        endStream: Bool
    ) {
        // Interim responses (1xx) come as responses too, without the end of the stream; the layer above
        // sees their :status. A second block after the response is its trailers.
        let isTrailers = category == NGHTTP2_HCAT_HEADERS && endStream
        let stream = StreamReference(unretained: stream)
        add(
            isTrailers
                ? .trailers(stream, block) : .headers(stream, block, endStream: endStream))
    }

    /// The end usually comes in the frame whose bytes are the latest event: then it is said there, and the
    /// layer above sees the whole message at once.
    @inline(__always)
    private func receivedEnd(of stream: Unmanaged<HTTP2Stream>) {
        guard let store = target.store, !store.pointee.endLatest(of: stream) else { return }
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        add(.data(StreamReference(unretained: stream), nothing, endStream: true))
    }

    private func closedStream(_ id: Int32, _ code: UInt32) -> CInt {
        guard let reference = stream(id) else { return 0 }
        let stream = streams.remove(reference)
        if code == 0, stream.isPeerDone, !stream.isResetByPeer {
            costs.completedWork &+= 1
        } else {
            if code != 0 || stream.isResetByPeer, !stream.hasEndedBody {
                streams.failedCount &+= 1
            }
            cutOff(stream, code)
        }
        let isObserved = stream.observesClose
        if isObserved {
            let code = HTTP2ErrorCode(rawValue: code)
            if target.store != nil {
                add(.streamClosed(StreamReference(unretained: reference), code))
            } else {
                closedWhileSending.append((stream, code))
            }
        }
        // No event names a stream that can begin again: the last one of it was the end of its request.
        if stream.canBeginAgain, !isObserved {
            streams.keepSpare(stream)
        } else {
            _ = target.batch?.keep(stream)
        }
        return 0
    }

    /// A stream did not end as it should.
    private func cutOff(_ stream: HTTP2Stream, _ code: UInt32) {
        if !stream.isResetByPeer, !stream.isPeerDone {
            inspector.history.wasCutOff(stream.id.rawValue)
        }
        if stream.isResetByPeer || stream.isResetByUs || role == .client { return }
        costs.unproductiveFrames &+= HTTP2Costs.provokedResetWeight
        if !stream.hasBrokenRule {
            brokenRules.append(BrokenRule(HTTP2ErrorCode(rawValue: code)))
        }
        // nghttp2 leaves it at the streams whose windows SETTINGS makes too large (RFC 9113, 6.9.2).
        if haveWindowsChanged, code == HTTP2ErrorCode.flowControlError.rawValue {
            terminate(.flowControlError, "SETTINGS: a stream's window becomes too large")
        }
    }

    @inline(__always)
    private func add(_ event: HTTP2Event) {
        target.store?.pointee.add(event)
    }
}

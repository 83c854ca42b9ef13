// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CNghttp2

/// Output.
extension HTTP2Session {
    /// The next bytes for the peer, or nil when there are none now. Valid until the next call. Throws when
    /// memory has run out: the session is over.
    public func nextOutput() throws(HTTP2Error) -> UnsafeRawBufferPointer? {
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

    /// Ends the connection: GOAWAY with this code and text is the last that is sent, and nothing more is read. The
    /// first call counts, and so does a violation that nghttp2 has found before.
    public func terminate(_ code: HTTP2ErrorCode, _ debugText: StaticString) {
        if end.termination != nil { return }
        end.termination = (code, debugText)
        if !end.isOutOfMemory { record(nghttp2_session_terminate_session(raw, code.rawValue)) }
    }
}

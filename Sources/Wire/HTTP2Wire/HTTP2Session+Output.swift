// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CNghttp2

/// The way out.
extension HTTP2Session {
    /// The next bytes for the peer, or nil when there are none now. Valid until the next call. Throws when
    /// memory has run out: the session is over.
    public func nextOutput() throws(HTTP2Error) -> UnsafeRawBufferPointer? {
        if isOutOfMemory { throw .outOfMemory }
        var start: UnsafePointer<UInt8>?
        let count = nghttp2_session_mem_send(raw, &start)
        if count < 0 {
            isDone(CInt(count))
            throw HTTP2Session.error(CInt(count))
        }
        if count == 0 {
            haveWindowsChanged = false
            return nil
        }
        let bytes = UnsafeRawBufferPointer(start: start, count: count)
        // One frame at a time comes from nghttp2.
        return count >= 17 && bytes[3] == FrameHead.Kind.goAway ? goAwayWithText(bytes) : bytes
    }

    /// Ends the connection: GOAWAY with this code and text is the last that is sent, and nothing more is read. The
    /// first call counts, and so does a violation that nghttp2 has found before.
    public func terminate(_ code: HTTP2ErrorCode, _ debugText: StaticString) {
        if termination != nil { return }
        termination = (code, debugText)
        if !isOutOfMemory { isDone(nghttp2_session_terminate_session(raw, code.rawValue)) }
    }

    /// A GOAWAY because of an error says which: nghttp2 leaves the text out of some.
    private func goAwayWithText(_ frame: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let code = HTTP2ErrorCode(
            rawValue: UInt32(bigEndian: frame.loadUnaligned(fromByteOffset: 13, as: UInt32.self)))
        if code == .noError { return frame }
        if frame.count > 17 {
            let text = String(decoding: frame[17...], as: UTF8.self)
            violation = violation ?? HTTP2Violation(code: code, text: text)
            return frame
        }
        let text = goAwayText(code)
        let bytes = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        violation =
            violation ?? HTTP2Violation(code: code, text: String(decoding: bytes, as: UTF8.self))
        goAwayFrame?.deallocate()
        let longer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: frame.count + bytes.count, alignment: 1)
        longer.copyMemory(from: frame)
        UnsafeMutableRawBufferPointer(rebasing: longer[frame.count...]).copyMemory(from: bytes)
        // The length of the payload; all of our texts are short.
        longer[2] = UInt8(8 + bytes.count)
        goAwayFrame = longer
        return UnsafeRawBufferPointer(longer)
    }

    private func goAwayText(_ code: HTTP2ErrorCode) -> StaticString {
        if let termination, termination.code == code { return termination.text }
        return switch code {
        case .compressionError: "header block: it cannot be decoded"
        case .flowControlError: "flow control: a window is exceeded"
        case .frameSizeError: "frame size: not one that this type of frame can have"
        case .internalError: "header block: it cannot be made"
        default: "a rule of HTTP/2 is broken"
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Why a session ends, and how its peer is told.
struct SessionEnd: ~Copyable {
    /// Set by a callback that cannot go on; `receive` throws it.
    var failure: HTTP2Error?
    /// What nghttp2 last said was wrong with the peer's frames.
    var lastViolation: String?
    /// Why the connection had to be ended, once our GOAWAY has been produced.
    private(set) var violation: HTTP2Violation?
    /// Why we end the connection ourselves.
    var termination: (code: HTTP2ErrorCode, text: StaticString)?
    /// nghttp2 had no memory for something. From then on it is not called: it may use what it has freed (1.52 does when
    /// the queue of a body cannot grow), and the peer would wait in vain.
    var isOutOfMemory = false
    /// The bytes of a GOAWAY that a text was added to.
    private var goAway: UnsafeMutableRawBufferPointer?

    deinit { goAway?.deallocate() }

    /// The GOAWAY of nghttp2 with a text that says which error it was: nghttp2 leaves the text out of some.
    mutating func explain(_ frame: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let code = HTTP2ErrorCode(
            rawValue: UInt32(bigEndian: frame.loadUnaligned(fromByteOffset: 13, as: UInt32.self)))
        if code == .noError { return frame }
        if frame.count > 17 {
            let text = String(decoding: frame[17...], as: UTF8.self)
            violation = violation ?? HTTP2Violation(code: code, text: text)
            return frame
        }
        let text = text(for: code)
        let bytes = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        violation =
            violation ?? HTTP2Violation(code: code, text: String(decoding: bytes, as: UTF8.self))
        goAway?.deallocate()
        let longer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: frame.count + bytes.count, alignment: 1)
        longer.copyMemory(from: frame)
        UnsafeMutableRawBufferPointer(rebasing: longer[frame.count...]).copyMemory(from: bytes)
        // The length of the payload; all of our texts are short.
        longer[2] = UInt8(8 + bytes.count)
        goAway = longer
        return UnsafeRawBufferPointer(longer)
    }

    private func text(for code: HTTP2ErrorCode) -> StaticString {
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

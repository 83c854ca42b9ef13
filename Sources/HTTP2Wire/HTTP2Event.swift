// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What the peer did. Pointers are valid until the session receives again.
public enum HTTP2Event {
    /// A request (server) or response (client) header block is complete.
    case headers(HTTP2Stream, HeaderBlock, endStream: Bool)
    /// A header block after the body; the peer sends no more on this stream.
    case trailers(HTTP2Stream, HeaderBlock)
    /// Bytes of the body. With `endStream` the peer sends no more on this stream.
    case data(HTTP2Stream, UnsafeRawBufferPointer, endStream: Bool)
    /// The stream is gone, from whichever side and for whatever reason.
    case streamClosed(HTTP2Stream, HTTP2ErrorCode)
    /// The peer's SETTINGS came: from now on the connection is an HTTP/2 connection.
    case settings
    /// Our PING came back with its eight bytes.
    case pingAcknowledged(UInt64)
    /// The peer will not serve streams above `lastStreamID` (RFC 9113, 6.8). `debugData` is the beginning of its
    /// text; a copy, since nghttp2 keeps it no longer than its callback.
    case goAway(lastStreamID: StreamID, HTTP2ErrorCode, debugData: [UInt8])
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What the peer did. Header blocks are valid until the session receives again; bytes of a body stand in the bytes
/// that were received, and live as long as those.
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
    /// The peer will not serve streams above `lastStreamID` (RFC 9113, 6.8).
    case goAway(lastStreamID: StreamID, HTTP2ErrorCode, debugData: [UInt8])
}

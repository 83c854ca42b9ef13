// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What the peer did: a plain value. Header blocks are valid until the session receives again; bytes of a body stand in
/// the bytes that were received, and live as long as those.
package enum HTTP2Event {
    /// A request (server) or response (client) header block is complete.
    case headers(StreamReference, HeaderBlock, endStream: Bool)
    /// A header block after the body; the peer sends no more on this stream.
    case trailers(StreamReference, HeaderBlock)
    /// Bytes of the body. With `endStream` the peer sends no more on this stream.
    case data(StreamReference, UnsafeRawBufferPointer, endStream: Bool)
    /// The stream is closed, by either side.
    case streamClosed(StreamReference, HTTP2ErrorCode)
    /// The peer's SETTINGS came: from now on the connection is an HTTP/2 connection.
    case settings
    /// Our PING came back with its eight bytes.
    case pingAcknowledged(UInt64)
    /// The peer will not serve streams above `lastStreamID` (RFC 9113, 6.8). ``HTTP2EventBatch/debugData`` has its text.
    case goAway(lastStreamID: StreamID, HTTP2ErrorCode)
}

/// The stream of an event, which is not retained: a retain and a release for each event were a twentieth of a Check.
///
/// Valid as long as its event: the session owns the stream while it is open, and gives it to the batch of the event when it
/// closes.
package struct StreamReference {
    /// Not retained.
    package let unretained: Unmanaged<HTTP2Stream>

    /// The stream.
    package var stream: HTTP2Stream { unretained.takeUnretainedValue() }
}

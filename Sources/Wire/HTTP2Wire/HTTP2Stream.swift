// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// One stream of a session; the layer above subclasses it with the state of its call.
///
/// ```
///   idle -> open -> half-closed (peer ended, or we did) -> closed      (RFC 9113, 5.1; kept by nghttp2)
/// ```
/// The session owns it from the first header block until ``HTTP2Event/streamClosed(_:_:)``.
open class HTTP2Stream {
    /// The stream's number; ``StreamID/connection`` until a client's request is submitted.
    public internal(set) final var id: StreamID

    /// The stream is gone: nothing can be sent on it any more.
    public internal(set) final var isClosed = false

    /// The layer above wants ``HTTP2Event/streamClosed(_:_:)`` for this stream. Off, because most streams end
    /// with nothing to clean up.
    public final var observesClose = false

    /// The peer has ended its side: known as soon as the bytes that say so were received, before their event.
    public internal(set) final var isPeerDone = false
    /// The peer has reset the stream.
    public internal(set) final var isResetByPeer = false
    final var isResetByUs = false
    /// The session has noted why the stream is reset.
    final var hasBrokenRule = false
    /// Its body has said that it is at its end.
    final var hasEndedBody = false

    // The session's list of open streams. It owns each: retained when it is put in, released when it is taken
    // out.
    final var next: Unmanaged<HTTP2Stream>?
    final var previous: Unmanaged<HTTP2Stream>?

    /// A stream that a session has not met yet.
    public init(id: StreamID) { self.id = id }

    /// Nothing but the session refers to this object: once the stream is closed, it may become another one.
    public final var canBeginAgain = false

    /// Makes the object of a closed stream a new one; a subclass resets what it has added.
    open func beginAgain() {}

    /// What a body has to send next.
    public enum Production {
        /// This many bytes were written, and there may be more at once.
        case some(Int)
        /// Nothing now: ``HTTP2Session/resume(_:)`` when there is.
        case later
        /// This many bytes were written (maybe 0), the last ones; then these trailers.
        case last(Int, trailers: HeaderFields?)
        /// The body cannot be produced: reset the stream.
        case failed
    }

    /// Writes the next bytes of the body into `buffer`, whose size is what flow control lets through.
    open func produce(into buffer: UnsafeMutableRawBufferPointer) -> Production {
        .last(0, trailers: nil)
    }
}

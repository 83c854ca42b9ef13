// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What a session tells its peer at the start, and what it refuses to hold.
package struct HTTP2Settings: Sendable {
    /// Streams that the peer may have open at once (SETTINGS_MAX_CONCURRENT_STREAMS).
    package var maxConcurrentStreams: UInt32 = 100
    /// Bytes of one header block, each field counted with 32 more (SETTINGS_MAX_HEADER_LIST_SIZE).
    package var maxHeaderListSize: UInt32 = 16_384
    /// Bytes of DATA that the peer may have under way on one stream (SETTINGS_INITIAL_WINDOW_SIZE).
    package var initialWindowSize: UInt32 = 65_535

    /// Streams' windows open only as far as ``HTTP2Session/consume(_:_:)`` says, not as bytes come. Not told to the
    /// peer.
    package var keepsStreamWindows = false

    /// Fields that the layer above never reads of a POST, which a call is: they count as the others do, but are not kept. Not told to the
    /// peer.
    package var unreadHeaders = HeaderNameSet()

    /// The defaults.
    package init() {}
}

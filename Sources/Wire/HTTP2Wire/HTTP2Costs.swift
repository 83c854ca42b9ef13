// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What a peer's frames have cost us, and the work that was done for it, since the latest
/// ``HTTP2Session/takeCosts()``.
package struct HTTP2Costs: Sendable {
    /// Frames that cost work and bring no call forward. SETTINGS count ten, and so does a stream that the peer made us
    /// reset.
    package internal(set) var unproductiveFrames: UInt32 = 0
    /// Streams that both sides have ended after an answer, and pieces of bodies that were worth a frame: as much
    /// as the source had to say, or 1 KiB and more.
    package internal(set) var completedWork: UInt32 = 0
    /// PINGs that were not answers to ours.
    package internal(set) var pings: UInt32 = 0

    /// What a stream that we have to reset counts: it costs a stream of ours, and the peer one frame (CVE-2025-8671).
    static let provokedResetWeight: UInt32 = 10
    /// What SETTINGS count: nghttp2 goes through its table of streams for each, and answers it.
    static let settingsWeight: UInt32 = 10
}

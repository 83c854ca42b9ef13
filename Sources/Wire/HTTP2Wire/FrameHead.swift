// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// The nine bytes before each frame's payload (RFC 9113, 4.1).
struct FrameHead {
    /// Types of frames, as numbers: a peer may send any.
    enum Kind {
        static var data: UInt8 { 0x0 }
        static var headers: UInt8 { 0x1 }
        static var priority: UInt8 { 0x2 }
        static var reset: UInt8 { 0x3 }
        static var settings: UInt8 { 0x4 }
        static var ping: UInt8 { 0x6 }
        static var goAway: UInt8 { 0x7 }
        static var continuation: UInt8 { 0x9 }
    }

    /// The bytes of a head.
    static var size: Int { 9 }

    let length: Int
    let kind: UInt8
    private let flags: UInt8
    /// Without the reserved bit, which is to be ignored.
    let streamID: Int32
    /// The stream that a PRIORITY frame of the right length depends on; else 0.
    var dependency: Int32 = 0

    /// A head from its first eight bytes, as a number in network order, and its last.
    @inline(__always)
    init(_ first: UInt64, _ last: UInt8) {
        length = Int(truncatingIfNeeded: first >> 40)
        kind = UInt8(truncatingIfNeeded: first >> 32)
        flags = UInt8(truncatingIfNeeded: first >> 24)
        streamID = Int32(truncatingIfNeeded: (first << 8 | UInt64(last)) & 0x7fff_ffff)
    }

    /// END_STREAM of DATA and HEADERS.
    @inline(__always) var endsStream: Bool { flags & 0x1 != 0 }
    /// PADDED of DATA and HEADERS.
    @inline(__always) var isPadded: Bool { flags & 0x8 != 0 }
    /// ACK of SETTINGS and PING.
    var isAcknowledgement: Bool { flags & 0x1 != 0 }
    /// END_HEADERS of HEADERS and CONTINUATION.
    @inline(__always) var endsBlock: Bool { flags & 0x4 != 0 }
}

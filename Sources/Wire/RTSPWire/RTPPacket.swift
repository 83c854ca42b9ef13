// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What the header of an RTP packet says (RFC 3550, 5.1).
package struct RTPPacket: Equatable, Sendable {
    /// The last of its frame.
    package let isMarked: Bool
    package let payloadType: UInt8
    package let sequence: UInt16
    package let timestamp: UInt32
    /// Who sends (SSRC).
    package let source: UInt32
    /// Bytes without the header, its extension and the padding.
    package let payloadCount: Int

    /// Reads a packet; nil when it is none.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count >= 12, bytes[0] >> 6 == 2 else { return nil }
        isMarked = bytes[1] & 0x80 != 0
        payloadType = bytes[1] & 0x7f
        sequence = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
        timestamp = bytes[4..<8].reduce(0) { $0 << 8 | UInt32($1) }
        source = bytes[8..<12].reduce(0) { $0 << 8 | UInt32($1) }
        // The sources that were mixed.
        var start = 12 + 4 * Int(bytes[0] & 0x0f)
        if bytes[0] & 0x10 != 0 {
            guard bytes.count >= start + 4 else { return nil }
            start += 4 + 4 * (Int(bytes[start + 2]) << 8 | Int(bytes[start + 3]))
        }
        guard bytes.count >= start else { return nil }
        var padding = 0
        if bytes[0] & 0x20 != 0 {
            padding = Int(bytes[bytes.count - 1])
            guard padding > 0, padding <= bytes.count - start else { return nil }
        }
        payloadCount = bytes.count - start - padding
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// One HTTP/2 frame, as it stands on the wire (RFC 9113, 4.1).
package struct Frame: Equatable, Sendable {
    /// The kinds that the tests speak of.
    package enum Kind: UInt8, Sendable {
        case data, headers, priority, rstStream, settings, pushPromise, ping, goAway, windowUpdate
        case continuation
    }

    package static let endStream: UInt8 = 0x1
    package static let acknowledgement: UInt8 = 0x1
    package static let endHeaders: UInt8 = 0x4

    package var kind: UInt8
    package var flags: UInt8
    package var streamID: Int32
    package var payload: [UInt8]

    package init(_ kind: Kind, flags: UInt8 = 0, streamID: Int32 = 0, _ payload: [UInt8] = []) {
        self.kind = kind.rawValue
        self.flags = flags
        self.streamID = streamID
        self.payload = payload
    }

    /// Takes the first frame out of `bytes`; nil when it is not complete.
    package init?(takingFrom bytes: inout [UInt8]) {
        guard bytes.count >= 9 else { return nil }
        let length = Int(bytes[0]) << 16 | Int(bytes[1]) << 8 | Int(bytes[2])
        guard bytes.count >= 9 + length else { return nil }
        kind = bytes[3]
        flags = bytes[4]
        streamID = Int32(bitPattern: UInt32(bigEndianBytes: bytes[5..<9]) & 0x7fff_ffff)
        payload = Array(bytes[9..<9 + length])
        bytes.removeFirst(9 + length)
    }

    /// Header and payload.
    package var bytes: [UInt8] {
        let length = [16, 8, 0].map { UInt8(truncatingIfNeeded: payload.count >> $0) }
        return length + [kind, flags] + UInt32(bitPattern: streamID).bigEndianBytes + payload
    }

    /// The frame is of this kind.
    package func isA(_ kind: Kind) -> Bool { self.kind == kind.rawValue }

    /// It is the last one of its sender on the stream.
    package var endsStream: Bool { flags & Self.endStream != 0 }

    /// What a client says first (RFC 9113, 3.4), without its SETTINGS.
    package static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
}

// Frames that carry one number.
extension Frame {
    package static func settings(_ entries: [(id: UInt16, value: UInt32)] = []) -> Frame {
        Frame(.settings, entries.flatMap { $0.id.bigEndianBytes + $0.value.bigEndianBytes })
    }

    package static let settingsAcknowledgement = Frame(.settings, flags: acknowledgement)

    package static func windowUpdate(_ streamID: Int32, by increment: UInt32) -> Frame {
        Frame(.windowUpdate, streamID: streamID, increment.bigEndianBytes)
    }

    package static func reset(_ streamID: Int32, code: UInt32 = 8) -> Frame {
        Frame(.rstStream, streamID: streamID, code.bigEndianBytes)
    }

    package static func ping(_ payload: UInt64, isAcknowledgement: Bool = false) -> Frame {
        Frame(.ping, flags: isAcknowledgement ? acknowledgement : 0, payload.bigEndianBytes)
    }

    package static func data(_ streamID: Int32, _ bytes: [UInt8], endStream: Bool = false) -> Frame
    {
        Frame(.data, flags: endStream ? Frame.endStream : 0, streamID: streamID, bytes)
    }

    package static func headers(
        _ streamID: Int32, _ fields: [(String, String)], endStream: Bool = false
    ) -> Frame {
        Frame(
            .headers, flags: endHeaders | (endStream ? Frame.endStream : 0), streamID: streamID,
            HeaderLiterals.encode(fields))
    }

    /// The error code of RST_STREAM.
    package var resetCode: UInt32? {
        isA(.rstStream) ? UInt32(bigEndianBytes: payload[...]) : nil
    }

    /// The last stream and the error code of GOAWAY.
    package var goAway: (lastStreamID: UInt32, code: UInt32)? {
        guard isA(.goAway), payload.count >= 8 else { return nil }
        return (
            UInt32(bigEndianBytes: payload[..<4]), UInt32(bigEndianBytes: payload[4..<8])
        )
    }
}

/// Header fields in HPACK's plainest form: literals without indexing, without Huffman (RFC 7541, 6.2.2).
package enum HeaderLiterals {
    package static func encode(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { [0x00] + string($0.0) + string($0.1) }
    }

    private static func string(_ text: String) -> [UInt8] {
        var length = text.utf8.count
        if length < 127 { return [UInt8(length)] + Array(text.utf8) }
        var bytes: [UInt8] = [127]
        length -= 127
        while length >= 128 {
            bytes.append(UInt8(length & 127) | 128)
            length >>= 7
        }
        return bytes + [UInt8(length)] + Array(text.utf8)
    }
}

extension FixedWidthInteger {
    /// The bytes in network order.
    package var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }

    /// Reads bytes in network order.
    package init(bigEndianBytes bytes: ArraySlice<UInt8>) {
        self = bytes.reduce(0) { $0 << 8 | Self(truncatingIfNeeded: $1) }
    }
}

/// A gRPC message on the wire.
package func prefixed(_ payload: [UInt8], flag: UInt8 = 0) -> [UInt8] {
    [flag] + UInt32(payload.count).bigEndianBytes + payload
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Cuts the bytes of a stream into messages (gRPC's length-prefixed messages).
///
/// It never holds more than one prefix and one message of the size allowed: a longer one is refused at its
/// prefix, before its bytes are kept.
package struct MessageReader {
    /// What `maxMessageSize` means for a server and a client alike, as in every gRPC library.
    package static let defaultMaxMessageSize = 4 << 20

    var maxMessageSize: Int
    /// What a message that is marked as compressed is compressed with.
    var encoding: MessageEncoding
    private var buffer: [UInt8] = []

    /// A reader at the start of a stream.
    package init(
        maxMessageSize: Int = defaultMaxMessageSize, encoding: MessageEncoding = .identity
    ) {
        self.maxMessageSize = maxMessageSize
        self.encoding = encoding
    }

    /// Bytes of an unfinished message are waiting.
    package var isMidMessage: Bool { !buffer.isEmpty }

    /// Bytes held now.
    package var heldBytes: Int { buffer.count }

    /// Forgets an unfinished message.
    mutating func drop() { buffer = [] }

    /// The message in `bytes` when they are exactly one, and nothing is waiting: no copy is made.
    @inline(__always)
    package func wholeMessage(in bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        buffer.isEmpty ? MessageReader.message(in: bytes, maxMessageSize) : nil
    }

    /// The message in `bytes` when they are exactly one, not compressed, and small enough.
    @inline(__always)
    package static func message(
        in bytes: UnsafeRawBufferPointer, _ maxMessageSize: Int
    ) -> UnsafeRawBufferPointer? {
        let prefix = EncodedMessage.prefixSize
        guard bytes.count >= prefix, bytes[0] == 0, bytes.count - prefix <= maxMessageSize,
            bytes.count - prefix == MessageReader.length(bytes)
        else { return nil }
        return UnsafeRawBufferPointer(rebasing: bytes[prefix...])
    }

    /// Takes bytes of the stream, and returns each message that they complete, decompressed. Throws when a
    /// message is too large, or compressed in a way that was not agreed; the call is then over.
    package mutating func receive(
        _ bytes: UnsafeRawBufferPointer, _ body: ([UInt8]) -> Void
    ) throws(Status) {
        let limit = maxMessageSize
        try receiveRaw(bytes) { payload, isCompressed throws(Status) in
            body(isCompressed ? try Gzip.decompress(payload, limit: limit) : payload)
        }
    }

    /// ``receive(_:_:)``, which leaves what is compressed as it came.
    mutating func receiveRaw(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (_ payload: [UInt8], _ isCompressed: Bool) throws(Status) -> Void
    ) throws(Status) {
        var rest = bytes
        while !rest.isEmpty {
            let wanted = try bytesWanted()
            let taken = min(wanted, rest.count)
            buffer.append(contentsOf: rest[..<taken])
            rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
            guard taken == wanted, try bytesWanted() == 0 else { continue }
            let isCompressed = buffer[0] == 1
            let payload = Array(buffer[EncodedMessage.prefixSize...])
            buffer.removeAll()
            try body(payload, isCompressed)
        }
    }

    /// Bytes missing from the prefix, or from the message once the prefix is there.
    private func bytesWanted() throws(Status) -> Int {
        let prefix = EncodedMessage.prefixSize
        if buffer.count < prefix { return prefix - buffer.count }
        let length = try buffer.withUnsafeBufferPointer { bytes throws(Status) in
            try MessageReader.payloadLength(
                UnsafeRawBufferPointer(bytes), maxMessageSize, encoding)
        }
        return prefix + length - buffer.count
    }

    /// The length that a whole prefix announces, when such a message may come.
    static func payloadLength(
        _ prefix: UnsafeRawBufferPointer, _ maxMessageSize: Int, _ encoding: MessageEncoding
    ) throws(Status) -> Int {
        switch prefix[0] {
        case 0: break
        case 1 where encoding == .gzip: break
        case 1:
            throw Status(
                .internal,
                encoding == .identity
                    ? "a message is compressed, but no grpc-encoding was agreed"
                    : "a message is compressed with a grpc-encoding that was not offered")
        default: throw Status(.internal, "a message has the invalid flag byte \(prefix[0])")
        }
        let length = length(prefix)
        guard length <= maxMessageSize else {
            throw Status(
                .resourceExhausted,
                "message larger than max (\(length) vs. \(maxMessageSize) bytes)")
        }
        return length
    }

    @inline(__always)
    private static func length(_ bytes: UnsafeRawBufferPointer) -> Int {
        Int(bytes[1]) << 24 | Int(bytes[2]) << 16 | Int(bytes[3]) << 8 | Int(bytes[4])
    }
}

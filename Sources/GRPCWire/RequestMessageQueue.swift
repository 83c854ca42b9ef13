// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Holds the bytes of a streaming request until its handler asks for the messages in them.
///
/// A message is cut out and unfolded when it is asked for: what waits is what came over the wire, and the
/// stream's window bounds that.
public struct RequestMessageQueue {
    private let maxMessageSize: Int
    private let encoding: MessageEncoding
    private var buffer: [UInt8] = []
    private var start = 0
    private var isComplete = false
    /// Bytes that messages unfolded to beyond any fair measure; whoever takes the count sets it back to 0.
    public var bloat = 0
    /// How much more they may, set before each ``next()``.
    public var maxBloat = Int.max

    /// Bytes in front that were taken and not yet moved away.
    private static let slack = 64 << 10

    /// A queue for messages of `maxMessageSize` bytes at most each.
    public init(maxMessageSize: Int, encoding: MessageEncoding) {
        self.maxMessageSize = maxMessageSize
        self.encoding = encoding
    }

    /// What is next in a request.
    public enum Next: Equatable {
        case message(RequestMessage)
        /// Not all of it is there yet.
        case later
        /// There are no more.
        case end
    }

    /// Bytes held now.
    public var heldBytes: Int { buffer.count - start }

    /// Takes bytes of the request's body; `endStream` when they are its last.
    public mutating func append(_ bytes: UnsafeRawBufferPointer, endStream: Bool) {
        buffer.append(contentsOf: bytes)
        if endStream { isComplete = true }
    }

    /// Takes the next message out. Throws when it is too large, compressed in a way that was not agreed, or cut
    /// off; the call is then over.
    public mutating func next() throws(Status) -> Next {
        let prefix = EncodedMessage.prefixSize
        if heldBytes >= prefix {
            let length = try withHeld { bytes throws(Status) in
                try MessageReader.payloadLength(bytes, maxMessageSize, encoding)
            }
            if heldBytes - prefix >= length { return .message(try take(length)) }
        }
        if !isComplete { return .later }
        if heldBytes == 0 { return .end }
        throw Status(.internal, "the request ends within a message")
    }

    /// Forgets what is held.
    public mutating func drop() {
        buffer = []
        start = 0
    }

    private mutating func take(_ length: Int) throws(Status) -> RequestMessage {
        let (limit, prefix) = (maxMessageSize, EncodedMessage.prefixSize)
        var more = 0
        let maxBloat = maxBloat
        defer { bloat += more }
        let message = try withHeld { held throws(Status) in
            let payload = UnsafeRawBufferPointer(rebasing: held[prefix..<prefix + length])
            let isCompressed = held[0] == 1
            return RequestMessage(
                bytes: isCompressed
                    ? try Gzip.decompress(
                        payload, limit: limit, maxBloat: maxBloat, bloat: &more)
                    : [UInt8](payload),
                wasCompressed: isCompressed)
        }
        start += prefix + length
        if start == buffer.count {
            drop()
        } else if start > Self.slack {
            buffer.removeFirst(start)
            start = 0
        }
        return message
    }

    private func withHeld<Result>(
        _ body: (UnsafeRawBufferPointer) throws(Status) -> Result
    ) throws(Status) -> Result {
        try buffer.withUnsafeBufferPointer { bytes throws(Status) in
            try body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[start...])))
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Holds the bytes of a streaming request until its handler asks for the messages in them.
///
/// A message is separated and decompressed on demand: what waits is as it was on the wire, and the stream's window
/// bounds it.
package struct RequestMessageQueue {
    private let maxMessageSize: Int
    private let encoding: MessageEncoding
    private var buffer: [UInt8] = []
    private var start = 0
    private var isComplete = false
    /// Of the next message.
    private var decompression: Decompression?

    /// Bytes in front that were taken and not yet moved away.
    private static let slack = 64 << 10

    /// A queue for messages of `maxMessageSize` bytes at most each.
    package init(maxMessageSize: Int, encoding: MessageEncoding) {
        self.maxMessageSize = maxMessageSize
        self.encoding = encoding
    }

    /// What is next in a request.
    package enum Next: Equatable {
        case message(RequestMessage)
        /// It has not arrived completely.
        case later
        /// It has arrived, but is large or compressed: call again with an allowance.
        case work
        /// There are no more.
        case end
    }

    /// Bytes held now.
    package var heldBytes: Int { waitingBytes + (decompression?.heldBytes ?? 0) }

    private var waitingBytes: Int { buffer.count - start }

    /// Messages of more bytes need an allowance.
    private static let large = 64 << 10

    /// Takes bytes of the request's body; `endStream` when they are its last.
    package mutating func append(_ bytes: UnsafeRawBufferPointer, endStream: Bool) {
        buffer.append(contentsOf: bytes)
        if endStream { isComplete = true }
    }

    /// Takes the next message out. One that is large or compressed takes from `allowance` (and the latter, where its
    /// size does not justify its work, from `budget`), in bytes.
    ///
    /// Throws when it is too large, compressed in a way that was not agreed, or cut off; the call is then over.
    package mutating func next(_ allowance: inout Int, _ budget: inout Int) throws(Status) -> Next {
        let prefix = EncodedMessage.prefixSize
        if waitingBytes >= prefix {
            let length = try withHeld { bytes throws(Status) in
                try MessageReader.payloadLength(bytes, maxMessageSize, encoding)
            }
            if waitingBytes - prefix >= length {
                let message = try take(length, &allowance, &budget)
                return message.map { .message($0) } ?? .work
            }
        }
        if !isComplete { return .later }
        if waitingBytes == 0 { return .end }
        throw Status(.internal, "the request ends within a message")
    }

    /// Drops the held bytes.
    package mutating func drop() {
        buffer = []
        start = 0
        decompression = nil
    }

    /// The message that is in front, of `length` bytes; nil when that takes more work.
    private mutating func take(
        _ length: Int, _ allowance: inout Int, _ budget: inout Int
    ) throws(Status) -> RequestMessage? {
        let prefix = EncodedMessage.prefixSize
        let isCompressed = buffer[start] == 1
        if isCompressed || length > Self.large, allowance <= 0 { return nil }
        let message: [UInt8]
        if isCompressed {
            let decompression: Decompression
            if let begun = self.decompression {
                decompression = begun
            } else {
                decompression = try Decompression(
                    payload(length), maxMessageSize: maxMessageSize)
                self.decompression = decompression
            }
            guard try decompression.advance(&allowance, &budget) else { return nil }
            self.decompression = nil
            message = decompression.message
        } else {
            message = payload(length)
            if length > Self.large { allowance -= length }
        }
        start += prefix + length
        if start == buffer.count {
            buffer = []
            start = 0
        } else if start > Self.slack {
            buffer.removeFirst(start)
            start = 0
        }
        return RequestMessage(bytes: message, wasCompressed: isCompressed)
    }

    private func payload(_ length: Int) -> [UInt8] {
        Array(
            buffer[start + EncodedMessage.prefixSize..<start + EncodedMessage.prefixSize + length])
    }

    private func withHeld<Result>(
        _ body: (UnsafeRawBufferPointer) throws(Status) -> Result
    ) throws(Status) -> Result {
        try buffer.withUnsafeBufferPointer { bytes throws(Status) in
            try body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[start...])))
        }
    }
}

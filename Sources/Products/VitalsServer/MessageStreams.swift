// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import GRPCWire

/// The messages of a streaming request, for one reader. The client can send no faster than they are read.
public struct RequestStream<Message: Sendable>: AsyncSequence, Sendable {
    let messages: RequestMessages
    let codec: MessageCodec<Message>

    /// Reads the messages in their order.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let stream: RequestStream

        /// Waits for the next message; nil after the last one. Throws when the call is over.
        public func next() async throws -> Message? {
            guard let bytes = try await stream.messages.next() else { return nil }
            return try stream.codec.decode(bytes)
        }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: self) }
}

/// Takes the messages of a streaming answer.
public struct ResponseStream<Message: Sendable>: Sendable {
    let writer: ResponseWriter
    let codec: MessageCodec<Message>

    /// Sends a message after those before it, and waits while the client reads nothing. Throws when the call is over.
    public func write(_ message: Message) async throws {
        try await writer.write(EncodedMessage(copying: codec.encode(message)))
    }
}

extension EncodedMessage {
    init(copying bytes: [UInt8]) { self.init(count: bytes.count) { $0.copyBytes(from: bytes) } }
}

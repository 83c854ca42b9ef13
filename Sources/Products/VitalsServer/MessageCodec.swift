// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How messages of one type become bytes, and bytes messages: Protocol Buffers, JSON, or anything else.
///
/// For swift-protobuf, once:
/// ```swift
/// extension MessageCodec where Message: SwiftProtobuf.Message {
///     static var protobuf: MessageCodec {
///         MessageCodec { try Message(serializedBytes: $0) } encode: { try $0.serializedBytes() }
///     }
/// }
/// ```
public struct MessageCodec<Message: Sendable>: Sendable {
    let decode: @Sendable ([UInt8]) throws -> Message
    let encode: @Sendable (Message) throws -> [UInt8]

    /// A codec of two functions. A `Status` that they throw ends the call; any other error is INTERNAL.
    public init(
        decode: @escaping @Sendable ([UInt8]) throws -> Message,
        encode: @escaping @Sendable (Message) throws -> [UInt8]
    ) {
        self.decode = { bytes in
            try Self.endingInStatus("the message cannot be decoded") { try decode(bytes) }
        }
        self.encode = { message in
            try Self.endingInStatus("the message cannot be encoded") { try encode(message) }
        }
    }

    private static func endingInStatus<Result>(
        _ text: String, _ body: () throws -> Result
    ) throws(Status) -> Result {
        do {
            return try body()
        } catch let status as Status {
            throw status
        } catch {
            throw Status(.internal, text)
        }
    }
}

extension MessageCodec<[UInt8]> {
    /// The bytes themselves.
    public static var bytes: Self {
        MessageCodec {
            $0
        } encode: {
            $0
        }
    }
}

extension MessageCodec<String> {
    /// Text in UTF-8.
    public static var text: Self {
        MessageCodec { bytes in
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw Status(.internal, "the message is not valid UTF-8")
            }
            return text
        } encode: {
            Array($0.utf8)
        }
    }
}

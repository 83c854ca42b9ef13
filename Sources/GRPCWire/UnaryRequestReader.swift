// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Reads the one message of a unary or server-streaming request.
///
/// ```
///   waiting --message--> complete --end--> dispatch
///      \--end: no message--> failed     \--more bytes: second message--> failed
/// ```
public struct UnaryRequestReader {
    private enum State {
        case waiting(MessageReader)
        case complete([UInt8])
        case over
    }

    private var state: State

    /// A reader of a request whose message has `maxMessageSize` bytes at most.
    public init(maxMessageSize: Int) {
        state = .waiting(MessageReader(maxMessageSize: maxMessageSize))
    }

    /// What to do after some bytes of the request.
    public enum OnData {
        /// Wait for more.
        case wait
        /// Serve this message: the caller's own bytes, nothing was copied.
        case dispatch(UnsafeRawBufferPointer)
        /// Serve this message.
        case dispatchBuffered([UInt8])
        /// End the call.
        case fail(Status)
    }

    /// Bytes held now.
    public var heldBytes: Int {
        switch state {
        case .waiting(let reader): reader.heldBytes
        case .complete(let message): message.count
        case .over: 0
        }
    }

    /// Takes bytes of the request's body; `endStream` when they are its last.
    public mutating func received(_ bytes: UnsafeRawBufferPointer, endStream: Bool) -> OnData {
        if case .waiting(let reader) = state, endStream,
            let message = reader.wholeMessage(in: bytes)
        {
            state = .over
            return .dispatch(message)
        }
        do throws(Status) {
            return try buffer(bytes, endStream: endStream)
        } catch {
            state = .over
            return .fail(error)
        }
    }

    private mutating func buffer(
        _ bytes: UnsafeRawBufferPointer, endStream: Bool
    ) throws(Status) -> OnData {
        switch state {
        case .over: return .wait
        case .complete(let message):
            if !bytes.isEmpty { throw Status(.unimplemented, "more than one request message") }
            if !endStream { return .wait }
            state = .over
            return .dispatchBuffered(message)
        case .waiting(var reader):
            state = .over
            var message: [UInt8]?
            var count = 0
            try reader.receive(bytes) {
                message = $0
                count += 1
            }
            if count > 1 || (count == 1 && reader.isMidMessage) {
                throw Status(.unimplemented, "more than one request message")
            }
            if endStream {
                if let message { return .dispatchBuffered(message) }
                throw reader.isMidMessage
                    ? Status(.internal, "the request ends within a message")
                    : Status(.unimplemented, "the request has no message")
            }
            state = message.map { .complete($0) } ?? .waiting(reader)
            return .wait
        }
    }
}

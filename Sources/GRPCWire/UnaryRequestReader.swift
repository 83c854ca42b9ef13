// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Reads the one message of a unary or server-streaming request.
///
/// ```
///   waiting --message--> complete --end--> over: dispatch
///      \--end: no message--> over: fail  \--more bytes: second message--> over: fail
/// ```
/// The states are plain fields, and it is changed in place: no copy is made on the way of a small request.
public struct UnaryRequestReader {
    private enum State { case waiting, complete, over }

    private var state = State.waiting
    private var reader: MessageReader
    private var message: [UInt8] = []

    /// A reader of a request whose message has `maxMessageSize` bytes at most.
    public init(maxMessageSize: Int, encoding: MessageEncoding = .identity) {
        reader = MessageReader(maxMessageSize: maxMessageSize, encoding: encoding)
    }

    /// Begins anew with other limits; what was held is forgotten.
    public mutating func restart(maxMessageSize: Int, encoding: MessageEncoding) {
        if state != .waiting || heldBytes > 0 { drop() }
        state = .waiting
        reader.maxMessageSize = maxMessageSize
        reader.encoding = encoding
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

    /// The message came compressed.
    public var wasCompressed: Bool { reader.isCompressed }

    /// Bytes that the message unfolded to beyond any fair measure.
    public var bloat: Int { reader.bloat }

    /// How much more it may, set before each ``received(_:endStream:)`` of a call with ``isInGzip``.
    public var maxBloat: Int {
        get { reader.maxBloat }
        set { reader.maxBloat = newValue }
    }

    /// The message may be in gzip.
    @inline(__always) public var isInGzip: Bool { reader.encoding == .gzip }

    /// Bytes held now.
    public var heldBytes: Int { reader.heldBytes + message.count }

    /// Takes bytes of the request's body; `endStream` when they are its last.
    public mutating func received(_ bytes: UnsafeRawBufferPointer, endStream: Bool) -> OnData {
        if state == .waiting, endStream, let message = reader.wholeMessage(in: bytes) {
            state = .over
            return .dispatch(message)
        }
        do throws(Status) {
            return try buffer(bytes, endStream: endStream)
        } catch {
            drop()
            return .fail(error)
        }
    }

    /// Forgets the request; what comes still is ignored.
    public mutating func drop() {
        state = .over
        message = []
        reader.drop()
    }

    private mutating func buffer(
        _ bytes: UnsafeRawBufferPointer, endStream: Bool
    ) throws(Status) -> OnData {
        if state == .over { return .wait }
        var isSecond = state == .complete && !bytes.isEmpty
        if !isSecond {
            var latest: [UInt8]?
            try reader.receive(bytes) {
                if latest != nil { isSecond = true }
                latest = $0
            }
            if let latest {
                message = latest
                state = .complete
            }
        }
        if isSecond || (state == .complete && reader.isMidMessage) {
            throw Status(.unimplemented, "more than one request message")
        }
        if !endStream { return .wait }
        if state == .waiting {
            throw reader.isMidMessage
                ? Status(.internal, "the request ends within a message")
                : Status(.unimplemented, "the request has no message")
        }
        let whole = message
        drop()
        return .dispatchBuffered(whole)
    }
}

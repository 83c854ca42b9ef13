// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Reads the one message of a unary or server-streaming request.
///
/// ```
///   waiting --message--> complete --end--> over: dispatch
///      |                    |    \--end: large, or compressed--> pending --work--> over: dispatch
///      \--end: no message--> \--more bytes: second message--> over: fail
/// ```
/// The states are plain fields, changed in place: a small request is not copied.
package struct UnaryRequestReader {
    private enum State { case waiting, complete, pending, over }

    private var state = State.waiting
    private var reader: MessageReader
    private var message: [UInt8] = []
    /// The message is compressed.
    package private(set) var wasCompressed = false
    private var decompression: Decompression?

    /// A larger message is too much work between two reads of the socket.
    private static let large = 64 << 10

    /// A reader of a request whose message has `maxMessageSize` bytes at most.
    package init(maxMessageSize: Int, encoding: MessageEncoding = .identity) {
        reader = MessageReader(maxMessageSize: maxMessageSize, encoding: encoding)
    }

    /// What to do after some bytes of the request.
    package enum OnData {
        /// Wait for more.
        case wait
        /// Serve this message: the caller's own bytes, nothing was copied.
        case dispatch(UnsafeRawBufferPointer)
        /// Serve this message.
        case dispatchBuffered([UInt8])
        /// The request is whole, but large or compressed: call ``UnaryRequestReader/work(_:_:)`` when there is time.
        case work
        /// End the call.
        case fail(Status)
    }

    /// Bytes held now.
    package var heldBytes: Int {
        reader.heldBytes + message.count + (decompression?.heldBytes ?? 0)
    }

    /// Takes bytes of the request's body; `endStream` when they are its last.
    package mutating func received(_ bytes: UnsafeRawBufferPointer, endStream: Bool) -> OnData {
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

    /// Continues with a large or compressed request for at most `allowance` (in bytes), and subtracts the work done:
    /// ``OnData/work`` again when that was not enough. Decompression work that the size of the message does not justify
    /// is subtracted from `budget` too.
    package mutating func work(_ allowance: inout Int, _ budget: inout Int) -> OnData {
        guard state == .pending else { return .wait }
        do throws(Status) {
            if let decompression {
                if try !decompression.advance(&allowance, &budget) { return .work }
                message = decompression.message
                self.decompression = nil
                if message.count > Self.large {
                    // Reading it is another unit of work.
                    allowance = 0
                    return .work
                }
            }
        } catch {
            drop()
            return .fail(error)
        }
        allowance -= message.count
        let whole = message
        drop()
        return .dispatchBuffered(whole)
    }

    /// Drops the request; later bytes are ignored.
    package mutating func drop() {
        state = .over
        message = []
        decompression = nil
        reader.drop()
    }

    private mutating func buffer(
        _ bytes: UnsafeRawBufferPointer, endStream: Bool
    ) throws(Status) -> OnData {
        if state == .over || state == .pending { return .wait }
        var isSecond = state == .complete && !bytes.isEmpty
        if !isSecond {
            var latest: (payload: [UInt8], isCompressed: Bool)?
            try reader.receiveRaw(bytes) { payload, isCompressed in
                if latest != nil { isSecond = true }
                latest = (payload, isCompressed)
            }
            if let latest {
                (message, wasCompressed) = latest
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
        if wasCompressed {
            decompression = try Decompression(message, maxMessageSize: reader.maxMessageSize)
            message = []
        }
        if decompression != nil || message.count > Self.large {
            state = .pending
            return .work
        }
        let whole = message
        drop()
        return .dispatchBuffered(whole)
    }
}

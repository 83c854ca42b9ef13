// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import HTTP2Wire

/// The state of one call on the server. Pure: an event moves the state and returns the action that follows.
///
/// ```
///   idle --> awaiting --> receiving       idle --> rejecting (not gRPC)
///    |           \            /                        |  end of the request, timeout
///    |            v whole    v whole                   v
///    +-------> handling ------- one answer -------> finishing -- last byte --> ended
///   several       |                                    ^                         ^
///   messages      +--> streaming -- status ------------+                         |
///                          \-------------- end of the handler -------------------+
/// ```
/// A status ends a call at once when nothing has been sent; a closed stream ends it in each state.
enum CallState: ~Copyable {
    /// The header block has not come.
    case idle
    /// Nothing of the one message of the request has come.
    case awaiting(maxMessageSize: Int, MessageEncoding)
    /// The message is coming in pieces, or waits to be decompressed.
    case receiving(UnaryRequestReader)
    /// The request is not gRPC: its end is awaited.
    case rejecting(HTTPRejection)
    /// The handler works, and nothing has been sent.
    case handling
    /// The header fields have been sent; messages follow as the handler has them. `isDue`: it has said that it has one,
    /// and has not been asked since.
    case streaming(OutgoingMessage, isDue: Bool)
    /// The rest of the answer and its trailers (none in plain HTTP) are known, and are being sent.
    case finishing(OutgoingMessage, trailers: HeaderFields?)
    /// There is nothing more to send.
    case ended

    /// The header block has not come.
    var isIdle: Bool {
        switch self {
        case .idle: true
        default: false
        }
    }

    /// The message is coming in pieces, or waits to be decompressed.
    var isReceiving: Bool {
        switch self {
        case .receiving: true
        default: false
        }
    }

    /// The header fields of several messages have been sent.
    var isStreaming: Bool {
        switch self {
        case .streaming: true
        default: false
        }
    }

    // MARK: The request

    /// A header block came, for a method that takes one message.
    @inline(__always)
    mutating func beganRequest(maxMessageSize: Int, _ encoding: MessageEncoding) {
        self = .awaiting(maxMessageSize: maxMessageSize, encoding)
    }

    /// A header block came, for a method whose handler reads its messages itself.
    mutating func beganStreamingRequest() { self = .handling }

    /// A header block came that is not gRPC.
    mutating func beganRejection(_ rejection: HTTPRejection) { self = .rejecting(rejection) }

    /// What to do about bytes of the request.
    enum OnData {
        case nothing
        /// Wait for more, and let the client send it.
        case wait
        /// Pass over the bytes, and let the client send more.
        case discard
        /// Call the handler with this message, which stands in the bytes that came.
        case handle(UnsafeRawBufferPointer)
        /// Call the handler with this message.
        case handleCopy([UInt8], wasCompressed: Bool)
        /// Call ``CallState/continueReading(_:_:)`` when there is time: the message is large or compressed.
        case deferReading
        /// Give the bytes to the handler, if it reads.
        case forward
        /// Answer in plain HTTP.
        case reject
        /// End the call with this status.
        case fail(Status)
    }

    /// Bytes of the request came.
    @inline(__always)
    mutating func received(_ bytes: UnsafeRawBufferPointer, endStream: Bool) -> OnData {
        switch consume self {
        case .awaiting(let maxMessageSize, let encoding):
            if endStream, let message = MessageReader.message(in: bytes, maxMessageSize) {
                self = .handling
                return .handle(message)
            }
            var reader = UnaryRequestReader(maxMessageSize: maxMessageSize, encoding: encoding)
            self = .handling
            return follow(reader.received(bytes, endStream: endStream), reader)
        case .receiving(var reader):
            self = .handling
            return follow(reader.received(bytes, endStream: endStream), reader)
        case .rejecting(let rejection):
            self = .rejecting(rejection)
            return endStream ? .reject : .discard
        case .handling:
            self = .handling
            return .forward
        case .streaming(let message, let isDue):
            self = .streaming(message, isDue: isDue)
            return .forward
        case let other:
            self = other
            return .nothing
        }
    }

    /// There is time for a message that is large or compressed; `allowance` and `budget` are those of
    /// ``GRPCWire/UnaryRequestReader/work(_:_:)``.
    mutating func continueReading(_ allowance: inout Int, _ budget: inout Int) -> OnData {
        switch consume self {
        case .receiving(var reader):
            self = .handling
            return follow(reader.work(&allowance, &budget), reader)
        case let other:
            self = other
            return .nothing
        }
    }

    private mutating func follow(
        _ result: UnaryRequestReader.OnData, _ reader: consuming UnaryRequestReader
    ) -> OnData {
        switch result {
        case .dispatch(let message): return .handle(message)
        case .dispatchBuffered(let message):
            return .handleCopy(message, wasCompressed: reader.wasCompressed)
        case .wait:
            self = .receiving(reader)
            return .wait
        case .work:
            self = .receiving(reader)
            return .deferReading
        case .fail(let status):
            self = .receiving(reader)
            return .fail(status)
        }
    }

    /// Bytes of the request that are held here.
    var heldBytes: Int {
        switch self {
        case .receiving(let reader): reader.heldBytes
        default: 0
        }
    }

    // MARK: The answer

    /// What to do to send an answer.
    enum OnAnswer {
        case nothing
        /// Send the header fields; the session then asks for the body.
        case begin
        /// Have the session ask for the body.
        case resume
        /// Send this header block, which is the whole answer.
        case respond(HeaderFields)
        /// Send these header fields; the session then asks for the body, if there is one.
        case respondPlain(FixedHeaderFields, hasBody: Bool)
    }

    /// The handler has its only answer.
    @inline(__always)
    mutating func answered(_ message: consuming EncodedMessage, trailers: HeaderFields) -> OnAnswer
    {
        switch consume self {
        case .handling:
            self = .finishing(OutgoingMessage(message.bytes), trailers: trailers)
            return .begin
        case .streaming:
            self = .finishing(OutgoingMessage(message.bytes), trailers: trailers)
            return .resume
        case let other:
            self = other
            return .nothing
        }
    }

    /// The handler will send messages, or initial metadata.
    mutating func beganStreaming() -> OnAnswer {
        switch consume self {
        case .handling:
            self = .streaming(.none, isDue: false)
            return .begin
        case let other:
            self = other
            return .nothing
        }
    }

    /// The handler has a message, or the end.
    mutating func becameDue() -> OnAnswer {
        switch consume self {
        case .streaming(let message, _):
            self = .streaming(message, isDue: true)
            return .resume
        case let other:
            self = other
            return .nothing
        }
    }

    /// The request that is not gRPC has ended, or takes too long.
    mutating func rejected() -> OnAnswer {
        switch consume self {
        case .rejecting(let rejection):
            self = .finishing(OutgoingMessage(rejection.text), trailers: nil)
            // An empty body would wait for a window all the same.
            return .respondPlain(
                rejection.headers, hasBody: rejection.text.utf8CodeUnitCount > 0)
        case let other:
            self = other
            return .nothing
        }
    }

    /// The call ends with a status, after what was sent already.
    mutating func failed(_ status: Status, _ metadata: Metadata = Metadata()) -> OnAnswer {
        switch consume self {
        case .idle: self = .ended
        case .awaiting: self = .ended
        case .receiving: self = .ended
        case .handling: self = .ended
        case .streaming(let message, _):
            self = .finishing(message, trailers: ResponseFields.trailers(status))
            return .resume
        case .finishing(let message, _):
            self = .finishing(message, trailers: ResponseFields.trailers(status))
            return .resume
        case let other:
            self = other
            return .nothing
        }
        return .respond(ResponseFields.trailersOnly(status, metadata))
    }

    // MARK: The body

    /// What a body has to send.
    enum OnBody {
        /// The buffer is full, or the message is not all there: nothing more now.
        case full
        /// Ask the handler, and give its message to ``CallState/took(_:)``.
        case ask
        /// This was the last of it.
        case last(trailers: HeaderFields?)
        /// There is no body.
        case none
    }

    /// The session asks for the body: writes it into `buffer` from `offset` on, which is moved.
    @inline(__always)
    mutating func write(
        into buffer: UnsafeMutableRawBufferPointer, at offset: inout Int
    ) -> OnBody {
        switch consume self {
        case .finishing(var message, let trailers):
            if message.copy(into: buffer, at: &offset) {
                self = .ended
                return .last(trailers: trailers)
            }
            self = .finishing(message, trailers: trailers)
            return .full
        case .streaming(var message, _):
            let isSent = message.copy(into: buffer, at: &offset)
            self = .streaming(isSent ? .none : message, isDue: false)
            return isSent ? .ask : .full
        case let other:
            self = other
            return .none
        }
    }

    /// The handler gave its next message.
    mutating func took(_ message: EncodedMessage) {
        if isStreaming { self = .streaming(OutgoingMessage(message.bytes), isDue: false) }
    }

    // MARK: The end

    /// All is said, or the stream has closed.
    mutating func end() { self = .ended }

    /// What the call waits for its client to do.
    enum Wait { case request, answer }

    /// What is waited for now; `isRequestComplete`: the client has ended its side.
    func wait(isRequestComplete: Bool) -> Wait? {
        switch self {
        case .idle: isRequestComplete ? nil : .request
        case .awaiting: isRequestComplete ? nil : .request
        case .receiving: isRequestComplete ? nil : .request
        case .rejecting: isRequestComplete ? nil : .request
        case .streaming(let message, let isDue): isDue || !message.isSent ? .answer : nil
        case .finishing: .answer
        // Requests of several messages may take their time: their handlers decide.
        case .handling: nil
        case .ended: nil
        }
    }

    /// What to do about a client that has taken too long.
    enum OnTimeout { case fail, reject, reset }

    /// The client has not done in time what it is waited for.
    func timedOut() -> OnTimeout {
        switch self {
        case .awaiting: .fail
        case .receiving: .fail
        case .rejecting: .reject
        default: .reset
        }
    }
}

/// A message on its way out, and how much of it was sent.
struct OutgoingMessage {
    private let bytes: [UInt8]
    private var sent = 0

    /// No message.
    static var none: OutgoingMessage { OutgoingMessage([]) }

    /// A message, prefix and payload.
    @inline(__always)
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The text of an answer in plain HTTP.
    init(_ text: StaticString) {
        bytes = Array(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// All of it was sent.
    var isSent: Bool { sent == bytes.count }

    /// Writes what there is room for, and moves `offset`. True when that was the rest.
    @inline(__always)
    mutating func copy(
        into buffer: UnsafeMutableRawBufferPointer, at offset: inout Int
    ) -> Bool {
        let count = min(bytes.count - sent, buffer.count - offset)
        if count > 0 {
            bytes.withUnsafeBytes {
                (buffer.baseAddress! + offset)
                    .copyMemory(from: $0.baseAddress! + sent, byteCount: count)
            }
            sent += count
            offset += count
        }
        return isSent
    }
}

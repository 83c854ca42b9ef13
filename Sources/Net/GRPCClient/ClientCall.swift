// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

public import GRPCWire
import HTTP2Wire
package import SystemIO
import Text

/// One call: the request, then what has come of its answer. Made by ``ClientConnection/start(_:)``.
public final class ClientCall {
    /// What was asked.
    package let request: ClientRequest
    /// Messages of the answer that have come.
    package private(set) var messageCount = 0
    /// Those of them that were not taken, oldest first.
    package private(set) var messages: [[UInt8]] = []
    /// The status that ended the call; nil while it goes on.
    public private(set) var status: Status?
    /// The custom fields that came with the status.
    public private(set) var trailers = Metadata()
    /// What the server says of the status beside code and message, for programs: a `google.rpc.Status` (the field
    /// `grpc-status-details-bin`); empty for nothing.
    package private(set) var statusDetails: [UInt8] = []
    /// When the call ended.
    package private(set) var endTime = MonotonicTime.distantFuture
    /// When it has to be over.
    package let deadline: MonotonicTime
    private var state: ClientCallState
    /// Of ``messages``.
    private var waitingBytes = 0
    /// It was sent a second time, because the server refused to look at it.
    private var isRetried = false

    init(_ request: ClientRequest, at now: MonotonicTime) {
        self.request = request
        deadline = request.deadline(from: now)
        state = Self.initialState(request)
    }

    private static func initialState(_ request: ClientRequest) -> ClientCallState {
        ClientCallState(maxMessageSize: request.maxMessageSize, takesGzip: request.usesGzip)
    }

    /// How the server broke gRPC's rules, when it did.
    package var failure: ClientCallFailure? { state.failure }

    /// Removes the oldest message that was not taken; nil when there is none.
    public func takeMessage() -> [UInt8]? {
        if messages.isEmpty { return nil }
        let message = messages.removeFirst()
        waitingBytes -= message.count + 32
        return message
    }

    /// So many of the largest messages may wait to be taken.
    private static let waitingLimit = 4

    /// The server did not look at the call: it may be sent again, once (gRFC A6, "Transparent Retries").
    var mayBeRetried: Bool {
        failure == .reset(.refusedStream) && messageCount == 0 && !isRetried && !request.isStreaming
    }

    /// Begins again, on another stream.
    func restart() {
        isRetried = true
        status = nil
        endTime = .distantFuture
        state = Self.initialState(request)
    }

    /// Ends the call, unless it has ended.
    func end(_ status: Status, at now: MonotonicTime) {
        guard self.status == nil else { return }
        self.status = status
        endTime = now
    }

    // MARK: What the server did

    func received(_ block: HeaderBlock, endStream: Bool, at now: MonotonicTime) {
        guard status == nil, let status = state.received(block, endStream: endStream) else {
            return
        }
        end(status, at: now)
        statusDetails = block.statusDetails
        do throws(Status) {
            trailers = try Metadata(block)
        } catch {
            // Fields that cannot be read change no status.
        }
    }

    func received(_ bytes: UnsafeRawBufferPointer, endStream: Bool, at now: MonotonicTime) {
        guard status == nil else { return }
        let status = state.received(bytes, endStream: endStream) { message in
            messageCount += 1
            if request.keepsOnlyNewest { (messages, waitingBytes) = ([], 0) }
            messages.append(message)
            // An empty one takes memory, too.
            waitingBytes += message.count + 32
        }
        if let status { end(status, at: now) }
        // Another call of the connection was waited for meanwhile, and the server did not stop.
        if waitingBytes > Self.waitingLimit * max(request.maxMessageSize, 1 << 20) {
            let text =
                "\(messages.count) messages wait to be taken: take them with nextMessage, or cancel the call"
            end(Status(.resourceExhausted, text), at: now)
        }
    }

    /// The stream is gone. `violation` is what nghttp2 last found wrong with the server's frames.
    func closed(
        _ stream: ClientStream, _ code: HTTP2ErrorCode, violation: String?, at now: MonotonicTime
    ) {
        guard status == nil else { return }
        // A stream that ends without a reset of the server's was reset by nghttp2, which did not accept the answer, or
        // the server's GOAWAY says that it never looked at it.
        let isByPeer = stream.isResetByPeer || code == .refusedStream || code == .noError
        if let status = isByPeer ? state.closed(code) : state.refused(violation) {
            end(status, at: now)
        }
    }
}

extension HeaderBlock {
    /// The value of `grpc-status-details-bin`: not among the custom fields, since its name is gRPC's own. Empty when there
    /// is none, or it is no base64.
    fileprivate var statusDetails: [UInt8] {
        for position in 0..<count {
            let (kind, name, value) = field(at: position)
            guard kind == .other, name.elementsEqual("grpc-status-details-bin".utf8) else {
                continue
            }
            return Base64.decode(value) ?? []
        }
        return []
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP2Wire

/// One call as its client sees it: header blocks and bytes in, messages and a status out.
///
/// ```
///   idle --headers--> open --trailers or reset--> ended
///     \--trailers-only or plain HTTP or reset--> ended
/// ```
public struct ClientCallState {
    private enum State {
        case idle
        case open(MessageReader)
        case ended
    }

    private var state = State.idle
    private let maxMessageSize: Int
    /// Set when the call ended with a status that the server did not send.
    public private(set) var failure: ClientCallFailure?

    /// A call that has been sent.
    public init(maxMessageSize: Int = MessageReader.defaultMaxMessageSize) {
        self.maxMessageSize = maxMessageSize
    }

    /// Takes a header block. Returns the status when it ends the call.
    public mutating func received(_ block: HeaderBlock, endStream: Bool) -> Status? {
        switch state {
        case .ended: return nil
        case .open: return endStream ? finish(block) : nil
        case .idle: break
        }
        let httpStatus = ClientCallState.number(block.value(of: .status)) ?? 0
        // An interim response: the real one follows.
        if httpStatus >= 100, httpStatus < 200, !endStream { return nil }
        if endStream, block.value(of: .grpcStatus) != nil { return finish(block) }
        if httpStatus != 200 {
            state = .ended
            failure = .httpStatus(httpStatus)
            let code = StatusCode(httpStatus: httpStatus)
            return Status(code, "unexpected HTTP status code received from server: \(httpStatus)")
        }
        guard ClientCallState.isGRPC(block) else {
            state = .ended
            let found = block.value(of: .contentType).map { String(decoding: $0, as: UTF8.self) }
            failure = .contentType(found ?? "none")
            return Status(
                .unknown, "unexpected content-type received from server: \(found ?? "none")")
        }
        if endStream { return finish(block) }
        let encoding = block.value(of: .grpcEncoding).map { MessageEncoding($0) }
        state = .open(
            MessageReader(maxMessageSize: maxMessageSize, encoding: encoding ?? .identity))
        return nil
    }

    /// Takes bytes of the body and passes on each message they complete. Returns a status when they end the
    /// call: broken bytes, or a stream that ends without trailers.
    public mutating func received(
        _ bytes: UnsafeRawBufferPointer, endStream: Bool, _ body: ([UInt8]) -> Void
    ) -> Status? {
        guard case .open(var reader) = state else { return nil }
        state = .ended
        do throws(Status) {
            try reader.receive(bytes, body)
        } catch {
            failure = .malformed
            return error
        }
        if endStream {
            failure = .trailersMissing
            return Status(.internal, "server closed the stream without sending trailers")
        }
        state = .open(reader)
        return nil
    }

    /// The stream is gone. Returns the status, unless the call had ended.
    public mutating func closed(_ code: HTTP2ErrorCode) -> Status? {
        if case .ended = state { return nil }
        state = .ended
        failure = .reset(code)
        return Status(
            StatusCode(resetWith: code),
            "stream terminated by RST_STREAM with error code: \(code.name)")
    }

    private mutating func finish(_ block: HeaderBlock) -> Status {
        if case .open(let reader) = state, reader.isMidMessage {
            state = .ended
            failure = .malformed
            return Status(.internal, "the response ends within a message")
        }
        state = .ended
        guard let text = block.value(of: .grpcStatus) else {
            failure = .trailersMissing
            return Status(.internal, "server ended the call without a grpc-status")
        }
        guard let number = ClientCallState.number(text) else {
            failure = .malformed
            return Status(.internal, "server sent a malformed grpc-status")
        }
        let message = block.value(of: .grpcMessage).map { PercentEncoding.decode($0) }
        return Status(StatusCode(rawValue: UInt32(number)), message ?? "")
    }

    private static func isGRPC(_ block: HeaderBlock) -> Bool {
        guard let value = block.value(of: .contentType) else { return false }
        return RequestHead.isGRPC(value)
    }

    /// A decimal number of at most nine digits.
    private static func number(_ bytes: UnsafeRawBufferPointer?) -> Int? {
        guard let bytes, !bytes.isEmpty, bytes.count <= 9 else { return nil }
        var number = 0
        for byte in bytes {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return number
    }
}

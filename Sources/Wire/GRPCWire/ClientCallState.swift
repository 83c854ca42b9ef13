// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import HTTP2Wire

/// One call as its client sees it: header blocks and bytes in, messages and a status out.
///
/// ```
///   idle --headers--> open --trailers or reset--> ended
///     \--trailers-only or plain HTTP or reset--> ended
/// ```
package struct ClientCallState {
    private enum State {
        case idle
        case open(MessageReader)
        case ended
    }

    private var state = State.idle
    private let maxMessageSize: Int
    private let takesGzip: Bool
    /// Each grpc-status that stood in the block that began the answer, where none belongs.
    private var earlyStatuses: [Int?] = []
    /// Set when the call ended with a status that the server did not send.
    package private(set) var failure: ClientCallFailure?

    /// A call that has been sent, and has offered to take gzip or not.
    package init(maxMessageSize: Int, takesGzip: Bool) {
        self.maxMessageSize = maxMessageSize
        self.takesGzip = takesGzip
    }

    /// Takes a header block. Returns the status when it ends the call.
    package mutating func received(_ block: HeaderBlock, endStream: Bool) -> Status? {
        switch state {
        case .ended: return nil
        case .open: return endStream ? finish(block) : nil
        case .idle: break
        }
        if block.isTooLarge { return finish(block) }
        let httpStatus = ClientCallState.number(block.value(of: .status)) ?? 0
        // An interim response: the real one follows.
        if httpStatus >= 100, httpStatus < 200, !endStream { return nil }
        if endStream, block.value(of: .grpcStatus) != nil { return finish(block) }
        if httpStatus != 200 {
            return fail(
                .httpStatus(httpStatus), StatusCode(httpStatus: httpStatus),
                "unexpected HTTP status code received from server: \(httpStatus)")
        }
        guard ClientCallState.isGRPC(block) else {
            let type = block.value(of: .contentType).map { String(decoding: $0, as: UTF8.self) }
            let found = type ?? "none"
            return fail(
                .contentType(found), .unknown,
                "unexpected content-type received from server: \(found)")
        }
        if endStream { return finish(block) }
        var encoding = block.value(of: .grpcEncoding).map { MessageEncoding($0) } ?? .identity
        if case .gzip = encoding, !takesGzip { encoding = .unsupported }
        earlyStatuses = ClientCallState.statuses(in: block)
        state = .open(MessageReader(maxMessageSize: maxMessageSize, encoding: encoding))
        return nil
    }

    /// Takes bytes of the body and passes on each message they complete. Returns a status when they end the
    /// call: broken bytes, or a stream that ends without trailers.
    package mutating func received(
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
            return fail(
                .trailersMissing, .internal, "server closed the stream without sending trailers")
        }
        state = .open(reader)
        return nil
    }

    /// The stream is gone. Returns the status, unless the call had ended.
    package mutating func closed(_ code: HTTP2ErrorCode) -> Status? {
        if case .ended = state { return nil }
        return fail(
            .reset(code), StatusCode(resetWith: code),
            "stream terminated by RST_STREAM with error code: \(code.name)")
    }

    /// Our side ended the stream, because the answer breaks HTTP/2; `rule` says how, where that is known. Returns the
    /// status, unless the call had ended.
    package mutating func refused(_ rule: String?) -> Status? {
        let likely: String
        switch state {
        case .ended: return nil
        case .idle: likely = "no :status, or a body that is not as long as its content-length says"
        case .open:
            likely =
                "a body that is not as long as its content-length says, "
                + "or trailers that do not end the stream"
        }
        let rule = rule ?? likely
        return fail(.breach(rule), .internal, "the answer breaks HTTP/2: \(rule)")
    }

    private mutating func fail(
        _ failure: ClientCallFailure, _ code: StatusCode, _ text: String
    ) -> Status {
        state = .ended
        self.failure = failure
        return Status(code, text)
    }

    private mutating func finish(_ block: HeaderBlock) -> Status {
        if block.isTooLarge {
            return fail(.malformed, .internal, "the header fields are larger than was agreed")
        }
        if case .open(let reader) = state, reader.isMidMessage {
            return fail(.malformed, .internal, "the response ends within a message")
        }
        // What is missing or no number is UNKNOWN (gRPC, statuscodes.md).
        let statuses = ClientCallState.statuses(in: block)
        guard let first = statuses.first else {
            return fail(.trailersMissing, .unknown, "server ended the call without a grpc-status")
        }
        guard let number = first else {
            return fail(.malformed, .unknown, "server sent a malformed grpc-status")
        }
        guard (earlyStatuses + statuses).allSatisfy({ $0 == number }) else {
            return fail(
                .malformed, .unknown, "server sent several grpc-status that contradict each other")
        }
        state = .ended
        let message = block.value(of: .grpcMessage).map { PercentEncoding.decode($0) }
        return Status(StatusCode(rawValue: UInt32(number)), message ?? "")
    }

    /// Every grpc-status of a block; nil for one that is no number.
    private static func statuses(in block: HeaderBlock) -> [Int?] {
        var statuses: [Int?] = []
        var position = 0
        while let (name, value) = block.nextKnown(&position) {
            if name == .grpcStatus { statuses.append(number(value)) }
        }
        return statuses
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

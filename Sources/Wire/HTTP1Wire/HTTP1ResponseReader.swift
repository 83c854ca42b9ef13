// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// The first line and the fields of a response.
package struct HTTP1ResponseHead: Sendable {
    package let status: HTTP1Status
    package let fields: HTTP1Fields
}

/// The response to one request, from the bytes of its connection. Interim responses are skipped.
///
/// It keeps nothing of the body: its bytes are handed on as they come.
package struct HTTP1ResponseReader {
    /// What the next bytes came to.
    package enum Event {
        /// All were taken; there is nothing to tell.
        case needsMore
        case head(HTTP1ResponseHead)
        /// Bytes of the body, valid as long as the input.
        case body(UnsafeRawBufferPointer)
        /// The response is whole. Bytes that are left belong to nothing that was asked for.
        case end
    }

    private enum State {
        case head
        case body(BodyReader)
        case ended
    }

    private let isAnswerToHead: Bool
    private let limits: HTTP1Limits
    private var head: HeadReader
    private var state = State.head
    private var interimResponses = 0
    /// The connection may carry another request once the response has ended.
    package private(set) var keepsConnection = false

    /// A reader of what answers one request.
    package init(isAnswerToHead: Bool = false, limits: HTTP1Limits = HTTP1Limits()) {
        self.isAnswerToHead = isAnswerToHead
        self.limits = limits
        self.head = HeadReader(limits)
    }

    /// Something of a response has come.
    package var hasBegun: Bool {
        if case .head = state { head.size > 0 || interimResponses > 0 } else { true }
    }

    /// Takes bytes, up to the next event. Call it again until it says ``Event/needsMore`` or ``Event/end``.
    package mutating func receive(
        _ input: inout UnsafeRawBufferPointer
    ) throws(HTTP1Fault) -> Event {
        switch state {
        case .head:
            guard try head.receive(&input) else { return .needsMore }
            return try receivedHead(&input)
        case .body(var reader):
            let part = try reader.next(&input)
            state = .body(reader)
            switch part {
            case .needsMore: return .needsMore
            case .bytes(let bytes): return .body(bytes)
            case .finished:
                state = .ended
                return .end
            }
        case .ended: return .end
        }
    }

    /// The peer has closed the connection. Throws unless that is the end of the response.
    package mutating func inputEnded() throws(HTTP1Fault) {
        switch state {
        case .ended: return
        case .body(let reader) where reader.endsWithConnection: state = .ended
        case .head, .body: throw .cutOff
        }
    }

    private mutating func receivedHead(
        _ input: inout UnsafeRawBufferPointer
    ) throws(HTTP1Fault) -> Event {
        let line = head.startText ?? []
        let isHTTP10 = line.starts(with: "HTTP/1.0 ")
        guard isHTTP10 || line.starts(with: "HTTP/1.1 ") else { throw .version }
        let status = try HTTP1Status(inLine: line.dropFirst(9)).rawValue
        let fields = head.fields
        head = HeadReader(limits)
        if status < 200 {
            if status == 101 { throw .upgrade }
            interimResponses += 1
            if interimResponses > HTTP1Limits.interimResponses { throw .tooManyInterim }
            return try receive(&input)
        }
        let framing = try MessageFraming(fields, isHTTP10: isHTTP10)
        let isEmpty = isAnswerToHead || status == 204 || status == 304
        let length = isEmpty ? .fixed(0) : framing.body ?? .untilClose
        keepsConnection = framing.keepsConnection && length != .untilClose
        state = .body(try BodyReader(length, limits))
        return .head(HTTP1ResponseHead(status: HTTP1Status(rawValue: status), fields: fields))
    }
}

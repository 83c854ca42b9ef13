// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// The requests of one connection, one after the other, from its bytes.
///
/// It holds one request at most; bytes of those that follow stay with the caller.
package struct HTTP1RequestReader {
    /// What the bytes came to.
    package enum Event {
        /// All were taken, and there is no whole request yet.
        case needsMore
        /// The client waits for ``interim`` before it sends the body.
        case expectsContinue
        /// A whole request. Answer it before you give the rest of the bytes.
        case request(HTTP1Request)
        /// Answer with the refusal; when that closes the connection, all later bytes are dropped here.
        case refused(HTTP1Refusal)
    }

    private enum State {
        case head
        case body(HTTP1Request, BodyReader)
        case closed
    }

    /// Tells a client that waits with its body to send it.
    package static let interim = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    private let limits: HTTP1Limits
    private var head: HeadReader
    private var state = State.head

    /// A reader at the start of a connection.
    package init(limits: HTTP1Limits = HTTP1Limits()) {
        self.limits = limits
        self.head = HeadReader(limits)
    }

    /// A request has begun, and is not whole: a time limit for it makes sense.
    package var isMidRequest: Bool {
        if case .head = state { head.size > 0 } else { true }
    }

    /// Bytes of an unfinished body that are held.
    package var heldBytes: Int {
        if case .body(let request, _) = state { request.body.count } else { 0 }
    }

    /// Takes bytes of the connection, up to the end of one request at most; what is left in `input` is for the
    /// next call.
    package mutating func receive(_ input: inout UnsafeRawBufferPointer) -> Event {
        do throws(RequestHeadParser.Verdict) {
            switch state {
            case .head: return try receiveHead(&input)
            case .body: return try receiveBody(&input)
            case .closed:
                input = UnsafeRawBufferPointer(rebasing: input[input.endIndex...])
                return .needsMore
            }
        } catch {
            let closes = !(error.isFramingCertain && error.keepsConnection)
            head = HeadReader(limits)
            state = closes ? .closed : .head
            return .refused(
                HTTP1Refusal(
                    fault: error.fault, closesConnection: closes, isHead: error.isHead))
        }
    }

    private mutating func receiveHead(
        _ input: inout UnsafeRawBufferPointer
    ) throws(RequestHeadParser.Verdict) -> Event {
        do throws(HTTP1Fault) {
            guard try head.receive(&input) else { return .needsMore }
        } catch {
            let isHead = head.startText?.starts(with: "HEAD ") ?? false
            throw RequestHeadParser.Verdict(fault: error, isHead: isHead)
        }
        let parsed = try RequestHeadParser(head)
        head = HeadReader(limits)
        if parsed.length == .fixed(0) { return .request(parsed.request) }
        do throws(HTTP1Fault) {
            state = .body(parsed.request, try BodyReader(parsed.length, limits))
        } catch {
            throw RequestHeadParser.Verdict(fault: error, isHead: parsed.request.method == .head)
        }
        return parsed.expectsContinue ? .expectsContinue : try receiveBody(&input)
    }

    private mutating func receiveBody(
        _ input: inout UnsafeRawBufferPointer
    ) throws(RequestHeadParser.Verdict) -> Event {
        guard case .body(var request, var reader) = state else { return .needsMore }
        // The body has one owner while it grows.
        state = .closed
        do throws(HTTP1Fault) {
            while true {
                switch try reader.next(&input) {
                case .bytes(let bytes): request.body.append(contentsOf: bytes)
                case .needsMore:
                    state = .body(request, reader)
                    return .needsMore
                case .finished:
                    state = .head
                    return .request(request)
                }
            }
        } catch {
            throw RequestHeadParser.Verdict(fault: error, isHead: request.method == .head)
        }
    }
}

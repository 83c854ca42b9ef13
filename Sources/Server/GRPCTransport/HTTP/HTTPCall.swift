// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire
import HTTP1Wire
import HTTP2Wire
import HTTPRouting
import SystemIO

/// A request of plain HTTP on a stream of HTTP/2: what it asks for, and its answer. Belongs to its ``CallStream``, which
/// lets go of it when the stream closes.
final class HTTPCall {
    private enum State {
        /// The rest of the request is coming.
        case receiving
        /// The handler will say.
        case deferred(HTTPExchange)
        /// This, from there on, is being sent.
        case body([UInt8], sent: Int)
        /// A part from there on, and then what the exchange has. `isDue`: it has said that it has something, and has not
        /// been asked since.
        case stream(HTTPExchange, part: [UInt8], sent: Int, isDue: Bool)
        case ended
    }

    private unowned let stream: CallStream
    private var state = State.receiving
    private let method: HTTPRequest.Method
    private var target: HTTPTarget
    private var fields: HTTP1Fields
    /// Bytes of the header block, which are held until the request is handled.
    private let headSize: Int
    private var body: [UInt8] = []
    private var isTooLarge = false

    private static let maxBody = HTTP1Limits().body

    /// A request whose header block came on `stream`.
    init(_ block: HeaderBlock, on stream: CallStream) {
        self.stream = stream
        var method = HTTPRequest.Method.other
        var target = HTTPTarget(UnsafeRawBufferPointer(start: nil, count: 0))
        var fields = HTTP1Fields()
        var size = 0
        for index in 0..<block.count {
            let (kind, name, value) = block.field(at: index)
            size += name.count + value.count + 32
            switch kind {
            case .method: method = HTTPRequest.Method(value)
            case .path: target = HTTPTarget(value)
            case .authority: fields.add(name: "host", value: value)
            case .scheme, .status: break
            default: fields.add(name: name, value: value)
            }
        }
        (self.method, self.target, self.fields) = (method, target, fields)
        headSize = size
    }

    private var worker: Worker { stream.connection.worker }

    // MARK: The request

    /// Bytes that are held: of the request until it is handled, then of the answer until they are sent.
    var heldBytes: Int {
        switch state {
        case .receiving: headSize + body.count
        case .body(let bytes, let sent): bytes.count - sent
        case .stream(let exchange, let part, let sent, _):
            part.count - sent + exchange.heldBytes
        case .deferred, .ended: 0
        }
    }

    /// Bytes of the request came.
    func received(_ bytes: UnsafeRawBufferPointer, endStream: Bool) {
        guard case .receiving = state else { return }
        if !isTooLarge, body.count + bytes.count <= Self.maxBody {
            body.append(contentsOf: bytes)
        } else {
            // The rest is passed over: some clients lose an answer that comes before they have said all.
            isTooLarge = true
            body = []
        }
        if endStream { return isTooLarge ? respond(.tooLarge) : dispatch() }
        stream.connection.session.consume(stream, bytes.count)
        stream.checkHeldBytes()
    }

    private func dispatch() {
        let request = HTTPRequest(
            method, target.path, query: target.query, fields: fields, body: body,
            from: stream.connection.isPeerLocal ? .local : .remote,
            network: stream.connection.socket.address.network)
        body = []
        fields = HTTP1Fields()
        target = HTTPTarget(UnsafeRawBufferPointer(start: nil, count: 0))
        defer { stream.updateHeldBytes() }
        switch worker.routes.answer(request, for: self, on: worker) {
        case .response(let response):
            if stream.hasStreamingPlace { stream.leaveStreaming() }
            respond(response)
        case .refused(let response): respond(response)
        case .deferred(let exchange): state = .deferred(exchange)
        case .stream(let head, let exchange): begin(exchange, head)
        }
    }

    // MARK: The answer

    private func respond(_ whole: HTTPResponse) {
        let response = method == .head || hasRoom(for: whole.body.count) ? whole : .noRoom
        worker.traffic.answered(response.status.rawValue)
        let hasBody = method != .head && response.status.hasBody && !response.body.isEmpty
        // HTTP/2 earns a frame for each 4 KiB that are taken.
        stream.connection.session.charge(UInt32(2 * HTTPCost.frames(of: response)))
        state = hasBody ? .body(response.body, sent: 0) : .ended
        let fields = HTTP2HeadWriter.head(
            response, length: response.body.count, date: worker.date)
        stream.connection.session.respond(stream, headers: .custom(fields), hasBody: hasBody)
    }

    /// A client that takes nothing has no more made for it once too much is held for all. What little others ask for is answered.
    private func hasRoom(for count: Int) -> Bool {
        if stream.connection.heldRequestBytes + count <= Self.alwaysHeld { return true }
        return worker.counters.heldBytes + count <= worker.configuration.capacity.maxHeldBytes
    }

    private static let alwaysHeld = 16 << 10

    /// Answers, and wants nothing more of the request.
    func refuse(_ response: HTTPResponse) {
        body = []
        respond(response)
        stream.updateHeldBytes()
        stream.refuseRest()
    }

    private func begin(_ exchange: HTTPExchange, _ head: HTTPResponse) {
        worker.traffic.answered(head.status.rawValue)
        let fields = HTTP2HeadWriter.head(head, length: nil, date: worker.date)
        let hasBody = method != .head && head.status.hasBody
        stream.connection.session.respond(stream, headers: .custom(fields), hasBody: hasBody)
        state = .stream(exchange, part: [], sent: 0, isDue: false)
        if !hasBody { endHandler() }
    }

    /// The session asks for the body.
    func produce(into buffer: UnsafeMutableRawBufferPointer) -> HTTP2Stream.Production {
        switch state {
        case .body(let bytes, var sent):
            let count = copy(bytes, &sent, into: buffer, at: 0)
            stream.timeouts.sent(count)
            if sent == bytes.count {
                state = .ended
                stream.updateHeldBytes()
                stream.complete(.ok)
                return .last(count, trailers: nil)
            }
            state = .body(bytes, sent: sent)
            stream.updateHeldBytes()
            return .some(count)
        case .stream(let exchange, let part, let sent, _):
            return produce(exchange, part, sent, into: buffer)
        case .receiving, .deferred, .ended:
            stream.complete(.ok)
            return .last(0, trailers: nil)
        }
    }

    private func produce(
        _ exchange: HTTPExchange, _ part: [UInt8], _ sent: Int,
        into buffer: UnsafeMutableRawBufferPointer
    ) -> HTTP2Stream.Production {
        var (part, sent, offset) = (part, sent, 0)
        while true {
            offset += copy(part, &sent, into: buffer, at: offset)
            guard sent == part.count else {
                state = .stream(exchange, part: part, sent: sent, isDue: false)
                stream.updateHeldBytes()
                stream.timeouts.sent(offset)
                return .some(offset)
            }
            switch exchange.next() {
            case .bytes(let bytes): (part, sent) = (bytes, 0)
            case .later:
                state = .stream(exchange, part: [], sent: 0, isDue: false)
                stream.updateHeldBytes()
                stream.timeouts.sentMessage()
                return offset > 0 ? .some(offset) : .later
            case .end:
                endHandler()
                stream.complete(.ok)
                return .last(offset, trailers: nil)
            }
        }
    }

    private func copy(
        _ bytes: [UInt8], _ sent: inout Int, into buffer: UnsafeMutableRawBufferPointer,
        at offset: Int
    ) -> Int {
        let count = min(bytes.count - sent, buffer.count - offset)
        if count > 0 {
            bytes.withUnsafeBytes {
                (buffer.baseAddress! + offset)
                    .copyMemory(from: $0.baseAddress! + sent, byteCount: count)
            }
            sent += count
        }
        return count
    }

    // MARK: The end

    /// The stream is closed, or all is said.
    func end() { endHandler() }

    private func endHandler() {
        let ended = state
        state = .ended
        switch ended {
        case .deferred(let exchange), .stream(let exchange, _, _, _): exchange.end()
        case .receiving, .body, .ended: break
        }
    }

    /// The server stops: what has no end of its own ends here.
    func stop() { settle(.stopping) }

    private func settle(_ response: HTTPResponse) {
        switch state {
        case .receiving, .body, .ended: break
        case .deferred:
            endHandler()
            respond(response)
        case .stream:
            endHandler()
            stream.connection.session.resume(stream)
            // A client that does not take it now is cut off.
            stream.connection.resetAfterOutput(stream, .cancel)
        }
        stream.connection.scheduleFlush()
    }

    // MARK: The clock

    /// Ends what has taken too long; called every second or two. True when its client was too slow.
    func enforceTimeouts(_ limits: TimeoutLimits, at now: MonotonicTime) -> Bool {
        let wait: CallState.Wait?
        switch state {
        case .receiving: wait = .request
        case .deferred(let exchange):
            wait = nil
            if exchange.hasExpired(at: now) { settle(.noAnswer) }
        case .body: wait = .answer
        case .stream(let exchange, let part, let sent, let isDue):
            wait = isDue || sent < part.count ? .answer : nil
            if exchange.hasExpired(at: now) { settle(.noAnswer) }
        case .ended: wait = nil
        }
        guard stream.timeouts.hasExpired(wait, limits, at: now) else { return false }
        if case .receiving = state {
            refuse(isTooLarge ? .tooLarge : .requestTimeout)
        } else {
            stream.connection.session.reset(stream, .cancel)
        }
        return true
    }
}

extension HTTPCall: HTTPExchangeOwner {
    func takePlace() throws(Status) { try stream.admitStreaming() }

    func exchange(answered response: HTTPResponse) {
        guard case .deferred = state, !stream.isClosed else { return }
        respond(response)
        stream.updateHeldBytes()
        stream.connection.scheduleFlush()
    }

    func exchangeIsDue() {
        guard case .stream(let exchange, let part, let sent, _) = state, !stream.isClosed else {
            return
        }
        state = .stream(exchange, part: part, sent: sent, isDue: true)
        stream.updateHeldBytes()
        // What the source has ready is counted already.
        if hasRoom(for: 0) {
            stream.connection.session.resume(stream)
        } else {
            stream.connection.session.reset(stream, .cancel)
        }
        stream.connection.scheduleFlush()
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire
import HTTP1Wire
import HTTPRouting
import SystemIO

/// What an HTTP/1.x connection is answering.
enum HTTP1Answer {
    case none
    /// The rest of a body, of which so many bytes are sent.
    case body([UInt8], sent: Int)
    /// The handler will say.
    case deferred(HTTPExchange, HTTP1Asker)
    /// A body in parts.
    case stream(HTTPExchange, isChunked: Bool)

    /// Nothing is being answered.
    var isNone: Bool {
        if case .none = self { true } else { false }
    }

    /// Bytes of a body that are not sent yet.
    var heldBytes: Int {
        switch self {
        case .body(let bytes, let sent): bytes.count - sent
        case .stream(let exchange, _): exchange.heldBytes
        case .none, .deferred: 0
        }
    }

    /// What a handler works for.
    var exchange: HTTPExchange? {
        switch self {
        case .none, .body: nil
        case .deferred(let exchange, _), .stream(let exchange, _): exchange
        }
    }
}

/// What an answer depends on of the request that it is for.
struct HTTP1Asker {
    let isHead: Bool
    let isHTTP10: Bool
    /// The client wants the connection to stay open.
    let keepsConnection: Bool
}

/// Answers.
extension HTTP1Connection: HTTPExchangeOwner {
    /// Answers a request, or begins to.
    func respond(to request: HTTP1Request) {
        let asker = HTTP1Asker(
            isHead: request.method == .head, isHTTP10: request.isHTTP10,
            keepsConnection: request.keepsConnection)
        switch worker.routes.answer(
            HTTPRequest(request, from: socket.address), for: self, on: worker)
        {
        case .response(let response):
            givePlaceBack()
            costs.answered(response)
            respond(response, to: asker)
        case .refused(let response): respond(response, to: asker)
        case .deferred(let exchange):
            answer = .deferred(exchange, asker)
            attempt { () throws(SocketFailure) in try socket.rest(in: .ended) }
        case .stream(let head, let exchange): begin(exchange, head, for: asker)
        }
    }

    /// Answers with a response that is all there; ``sendAnswers()`` sends it.
    func respond(_ response: HTTPResponse, to asker: HTTP1Asker) {
        worker.traffic.answered(response.status.rawValue)
        isEnding = worker.isStopping || !asker.keepsConnection
        let hasBody = !asker.isHead && response.status.hasBody
        // A small body goes with the head; a large one is not copied.
        let isSmall = response.body.count <= Self.smallBody
        attempt { () throws(SocketFailure) in
            try writeHead(
                response, .length(response.body.count), asker,
                andRoomFor: hasBody && isSmall ? response.body.count : 0)
            guard hasBody else { return }
            if isSmall {
                worker.scratch.output.write(response.body)
            } else {
                answer = .body(response.body, sent: 0)
            }
        }
    }

    private static var smallBody: Int { 16 << 10 }

    /// Writes a head behind the answers that have not been sent.
    private func writeHead(
        _ response: HTTPResponse, _ framing: HTTP1HeadWriter.Framing, _ asker: HTTP1Asker,
        andRoomFor body: Int = 0
    ) throws(SocketFailure) {
        let output = worker.scratch.output
        let needed = HTTP1HeadWriter.size(of: response) + body
        if output.room < needed { _ = try flushAnswers() }
        // A head of 100 KiB is a mistake of its handler, and its client would not take it.
        if output.room < needed { throw .heldBytes }
        HTTP1HeadWriter.write(
            response, framing, persistence(asker, isLast: isEnding), date: worker.date, to: output)
    }

    /// Sends what answers have been written, and begins what follows them. Called before others use the buffer.
    func sendAnswers() {
        let output = worker.scratch.output
        if output.count == 0 { return }
        guard isOpen else { return output.removeAll() }
        attempt { () throws(SocketFailure) in
            guard try flushAnswers() else { return }
            if !answer.isNone { return try goOn() }
            if isEnding { linger() }
        }
    }

    private func flushAnswers() throws(SocketFailure) -> Bool {
        let output = worker.scratch.output
        defer { output.removeAll() }
        if socket.hasUnsent {
            try socket.hold(output.bytes)
            return false
        }
        return try socket.send(output.bytes)
    }

    private func persistence(
        _ asker: HTTP1Asker, isLast: Bool
    ) -> HTTP1HeadWriter.Persistence {
        if isLast { return .ends }
        return asker.isHTTP10 ? .staysByWish : .stays
    }

    /// Has the client send the body that it waits with.
    func askForBody() {
        attempt { () throws(SocketFailure) in
            let output = worker.scratch.output
            if output.room < HTTP1RequestReader.interim.count { _ = try flushAnswers() }
            output.write(HTTP1RequestReader.interim)
        }
    }

    private func transmit(_ bytes: [UInt8]) throws(SocketFailure) -> Bool {
        try transmit(bytes, bytes.indices)
    }

    private func transmit(_ bytes: [UInt8], _ part: Range<Int>) throws(SocketFailure) -> Bool {
        try bytes.withUnsafeBufferPointer { bytes throws(SocketFailure) in
            try socket.send(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[part])))
        }
    }

    private func attempt(_ body: () throws(SocketFailure) -> Void) {
        do throws(SocketFailure) { try body() } catch { fail(error) }
    }

    // MARK: Answers that last

    func takePlace() throws(Status) {
        try worker.takeStreamingPlace(for: socket)
        hasPlace = true
    }

    private func givePlaceBack() {
        if hasPlace { worker.giveStreamingPlaceBack(of: socket) }
        hasPlace = false
    }

    private func begin(_ exchange: HTTPExchange, _ head: HTTPResponse, for asker: HTTP1Asker) {
        // Without chunks the body ends with the connection.
        worker.traffic.answered(head.status.rawValue)
        let isChunked = !asker.isHTTP10
        isEnding = worker.isStopping || !asker.keepsConnection || !isChunked
        answer = .stream(exchange, isChunked: isChunked)
        attempt { () throws(SocketFailure) in
            try socket.rest(in: .ended)
            try writeHead(head, isChunked ? .chunked : .untilClose, asker)
            if asker.isHead || !head.status.hasBody { try endAnswer() }
        }
    }

    func exchange(answered response: HTTPResponse) {
        guard isOpen, case .deferred(_, let asker) = answer else { return }
        costs.answered(response)
        settle(response, asker)
    }

    func exchangeIsDue() {
        guard isOpen else { return }
        if !socket.hasUnsent { attempt { () throws(SocketFailure) in try goOn() } }
        updateHeldBytes()
    }

    /// Sends what there is of the answer until the kernel takes no more.
    func goOn() throws(SocketFailure) {
        switch answer {
        case .none, .deferred: break
        case .body(let bytes, let sent): try goOn(bytes, from: sent)
        case .stream(let exchange, let isChunked): try goOn(exchange, isChunked: isChunked)
        }
    }

    private func goOn(_ bytes: [UInt8], from start: Int) throws(SocketFailure) {
        defer { updateHeldBytes() }
        var sent = start
        while sent < bytes.count {
            let end = min(sent + Self.piece, bytes.count)
            answer = .body(bytes, sent: end)
            if try !transmit(bytes, sent..<end) { return }
            sent = end
        }
        try completeAnswer()
    }

    /// What is given to the kernel in one call.
    private static var piece: Int { 64 << 10 }

    private func goOn(_ exchange: HTTPExchange, isChunked: Bool) throws(SocketFailure) {
        let slice = TimeSlice()
        while isOpen {
            switch exchange.next() {
            case .later: return
            case .end:
                guard isChunked else { return try completeAnswer() }
                _ = try transmit(HTTP1Chunk.last)
                return try completeAnswer()
            case .bytes(let bytes):
                if bytes.isEmpty { continue }
                guard try transmit(isChunked ? HTTP1Chunk.encoded(bytes) : bytes) else { return }
            }
            if slice.isOver {
                _ = worker.loop.schedule(at: worker.loop.now) { [weak self] in
                    self?.exchangeIsDue()
                }
                return
            }
        }
    }

    // MARK: Its end

    /// The answer is complete, but for what the kernel has still to take.
    private func completeAnswer() throws(SocketFailure) {
        try endAnswer()
        if isEnding, !socket.hasUnsent { return linger() }
        scheduleWaiting()
    }

    /// The next request may come.
    private func endAnswer() throws(SocketFailure) {
        dropAnswer()
        try socket.rest(in: .readable)
    }

    /// The handler has no client any more.
    func dropAnswer() {
        let ended = answer
        if !ended.isNone { noteUse() }
        answer = .none
        ended.exchange?.end()
        givePlaceBack()
    }

    /// The server stops: what has no end of its own ends here.
    func stopAnswer() {
        switch answer {
        case .none, .body: isEnding = true
        case .deferred(_, let asker): settle(.stopping, asker)
        case .stream: endStream()
        }
    }

    /// The answer has lasted as long as it may.
    func expireAnswer() {
        switch answer {
        case .none, .body: break
        case .deferred(_, let asker): settle(.noAnswer, asker)
        case .stream: endStream()
        }
    }

    private func settle(_ response: HTTPResponse, _ asker: HTTP1Asker) {
        attempt { () throws(SocketFailure) in
            try endAnswer()
            respond(response, to: asker)
            sendAnswers()
            scheduleWaiting()
        }
    }

    /// Ends a stream as its source would. A client that does not take it now is cut off.
    private func endStream() {
        guard case .stream(_, let isChunked) = answer else { return }
        if socket.hasUnsent { return close() }
        attempt { () throws(SocketFailure) in
            if isChunked { _ = try transmit(HTTP1Chunk.last) }
            if worker.isStopping { isEnding = true }
            try completeAnswer()
        }
    }
}

/// A part of a body of HTTP/1.1 whose length is not known (RFC 9112, 7.1).
enum HTTP1Chunk {
    /// Ends the body.
    static let last = Array("0\r\n\r\n".utf8)

    /// These bytes, at least one, as a chunk.
    static func encoded(_ bytes: [UInt8]) -> [UInt8] {
        let end = Array("\r\n".utf8)
        return Array(String(bytes.count, radix: 16).utf8) + end + bytes + end
    }
}

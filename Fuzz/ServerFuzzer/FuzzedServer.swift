// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import HTTP2Wire

/// A call: reads its request, and answers it with what it read if it is told to.
final class FuzzedCall: HTTP2Stream {
    private var reader = UnaryRequestReader(maxMessageSize: 4096)
    private var isCall = false
    private var answer: [UInt8] = []
    private var sent = 0

    /// What the event means for the call, in words; answers with `session`, if there is one.
    func received(_ event: HTTP2Event, _ session: HTTP2Session?) -> String {
        switch event {
        case .headers(_, let block, let endStream):
            if isCall { return "headers again" }
            return begun(RequestHead(block), metadata(block), endStream, session)
        case .data(_, let bytes, let endStream): return read(bytes, endStream, session)
        case .trailers: return read(UnsafeRawBufferPointer(start: nil, count: 0), true, session)
        default: return ""
        }
    }

    private func metadata(_ block: HeaderBlock) -> Int {
        var length = 0
        for index in 0..<block.count {
            let field = block.field(at: index)
            length += field.name.count + field.value.count
        }
        if let metadata = try? Metadata(block) { length += metadata.isEmpty ? 1 : 2 }
        return length
    }

    private func begun(
        _ head: RequestHead, _ length: Int, _ endStream: Bool, _ session: HTTP2Session?
    ) -> String {
        switch head {
        case .call(let path, _, let encoding, _):
            isCall = true
            reader = UnaryRequestReader(maxMessageSize: 4096, encoding: encoding)
            let start = "call of \(path.count) with \(length)"
            if !endStream { return start }
            return start + read(UnsafeRawBufferPointer(start: nil, count: 0), true, session)
        case .failed(let status):
            session?.respond(self, headers: ResponseFields.trailersOnly(status), hasBody: false)
            return "failed \(status.code.rawValue)"
        case .notGRPC(let rejection), .plain(let rejection, _, _):
            answer = Array("\(rejection.text)".utf8)
            session?.respond(self, headers: .fixed(rejection.headers), hasBody: true)
            return "rejected \(answer.count)"
        }
    }

    private func read(
        _ bytes: UnsafeRawBufferPointer, _ endStream: Bool, _ session: HTTP2Session?
    ) -> String {
        guard isCall else { return "" }
        defer { precondition(reader.heldBytes <= 4096 + 5 + 4096) }
        var action = reader.received(bytes, endStream: endStream)
        // A slice at a time, as the server does.
        while case .work = action {
            var (allowance, budget) = (32 << 10, 1 << 20)
            action = reader.work(&allowance, &budget)
        }
        switch action {
        case .wait, .work: return ""
        case .dispatch(let message): return dispatch(Array(message), session)
        case .dispatchBuffered(let message): return dispatch(message, session)
        case .fail(let status):
            session?.respond(self, headers: ResponseFields.trailersOnly(status), hasBody: false)
            // Of two things that are wrong, the one that is seen first depends on the pieces.
            return "; failed"
        }
    }

    private func dispatch(_ message: [UInt8], _ session: HTTP2Session?) -> String {
        precondition(message.count <= 4096)
        answer = message
        session?.respond(self, headers: .fixed(ResponseFields.initial), hasBody: true)
        return "; message of \(message.count)"
    }

    override func produce(into buffer: UnsafeMutableRawBufferPointer) -> Production {
        let count = min(buffer.count, answer.count - sent)
        buffer.copyBytes(from: answer[sent..<sent + count])
        sent += count
        return sent == answer.count
            ? .last(count, trailers: .fixed(ResponseFields.okTrailers)) : .some(count)
    }
}

/// A server, fed in pieces of `size` bytes.
struct FuzzedServer {
    private let session: HTTP2Session
    private let batch = HTTP2EventBatch()
    private let answers: Bool
    /// What happened on each stream, in order.
    private(set) var log: [Int32: String] = [:]
    private(set) var output: [UInt8] = []
    private(set) var hasClientLeft = false

    init?(answers: Bool) {
        var settings = HTTP2Settings()
        settings.maxHeaderListSize = 1024
        settings.maxConcurrentStreams = 8
        settings.unreadHeaders = RequestHead.unreadHeaders
        guard
            let session = try? HTTP2Session.make(
                .server, settings: settings, makeStream: { FuzzedCall(id: $0) })
        else { return nil }
        self.session = session
        self.answers = answers
    }

    mutating func receive(_ bytes: [UInt8], size: Int) {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty, session.wantsRead {
                let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(size))
                rest = rest.dropFirst(size)
                do throws(HTTP2Error) {
                    try session.receive(piece, into: batch)
                    for event in batch.events { note(event) }
                } catch {
                    log[0, default: ""] += error.text
                    break
                }
                if answers { send() }
            }
        }
        send()
        var count = 0
        session.forEachStream {
            precondition(!$0.isClosed)
            count += 1
        }
        precondition(count == session.openStreamCount && count <= 9)
        // A connection that was ended has said so.
        precondition(session.wantsRead || session.violation != nil || answers || !output.isEmpty)
    }

    private mutating func note(_ event: HTTP2Event) {
        switch event {
        case .headers(let reference, _, _), .trailers(let reference, _),
            .data(let reference, _, _):
            // The session makes no other streams.
            let call = reference.stream as! FuzzedCall
            log[call.id.rawValue, default: ""] += call.received(event, answers ? session : nil)
        case .goAway(let last, let code):
            hasClientLeft = true
            log[0, default: ""] +=
                "goaway \(last.rawValue) \(code.name) \(batch.debugData.count)"
        case .settings: log[0, default: ""] += "settings"
        case .pingAcknowledged, .streamClosed: break
        }
    }

    private mutating func send() {
        while let bytes = try? session.nextOutput() { output += bytes }
    }
}

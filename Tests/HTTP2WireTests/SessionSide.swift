// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP2Wire
import TestSupport
import Testing

/// An event with everything copied out, so that it outlives its batch.
enum Recorded: Equatable {
    case headers(Int32, [String], endStream: Bool)
    case trailers(Int32, [String])
    case data(Int32, String, endStream: Bool)
    case closed(Int32, HTTP2ErrorCode)
    case settings
    case pong(UInt64)
    case goAway(Int32, HTTP2ErrorCode, String)

    init(_ event: HTTP2Event, in batch: HTTP2EventBatch) {
        switch event {
        case .headers(let reference, let block, let endStream):
            self = .headers(reference.stream.id.rawValue, block.lines, endStream: endStream)
        case .trailers(let reference, let block):
            self = .trailers(reference.stream.id.rawValue, block.lines)
        case .data(let reference, let bytes, let endStream):
            let text = String(decoding: bytes, as: UTF8.self)
            self = .data(reference.stream.id.rawValue, text, endStream: endStream)
        case .streamClosed(let reference, let code):
            self = .closed(reference.stream.id.rawValue, code)
        case .settings: self = .settings
        case .pingAcknowledged(let payload): self = .pong(payload)
        case .goAway(let last, let code):
            self = .goAway(last.rawValue, code, String(decoding: batch.debugData, as: UTF8.self))
        }
    }
}

extension HeaderBlock {
    /// Each field as "name: value"; a block that was cut says so.
    var lines: [String] {
        (0..<count).map {
            let field = field(at: $0)
            return String(decoding: field.name, as: UTF8.self) + ": "
                + String(decoding: field.value, as: UTF8.self)
        } + (isTooLarge ? ["(too large)"] : [])
    }
}

/// A stream whose body is a list of steps.
final class ScriptedStream: HTTP2Stream {
    enum Step {
        case some(String)
        case later
        case last(String, trailers: HeaderFields?)
        case failed
    }

    var steps: [Step] = []
    private(set) var productions = 0

    convenience init(_ steps: Step...) {
        self.init(id: .connection)
        self.steps = steps
    }

    override func produce(into buffer: UnsafeMutableRawBufferPointer) -> Production {
        productions += 1
        guard !steps.isEmpty else { return .later }
        switch steps.removeFirst() {
        case .later: return .later
        case .failed: return .failed
        case .some(let text):
            let rest = copy(text, into: buffer)
            if !rest.isEmpty { steps.insert(.some(rest), at: 0) }
            return .some(text.utf8.count - rest.utf8.count)
        case .last(let text, let trailers):
            let rest = copy(text, into: buffer)
            if rest.isEmpty { return .last(text.utf8.count, trailers: trailers) }
            steps.insert(.last(rest, trailers: trailers), at: 0)
            return .some(text.utf8.count - rest.utf8.count)
        }
    }

    /// Copies what fits; the rest of `text`, which is ASCII.
    private func copy(_ text: String, into buffer: UnsafeMutableRawBufferPointer) -> String {
        let bytes = Array(text.utf8)
        let count = min(bytes.count, buffer.count)
        buffer.copyBytes(from: bytes[..<count])
        return String(decoding: bytes[count...], as: UTF8.self)
    }
}

/// One session, and all that it was told.
final class SessionSide {
    let session: HTTP2Session
    private let batch = HTTP2EventBatch()
    private(set) var events: [Recorded] = []
    private(set) var failure: HTTP2Error?
    /// What the layer above does about an event.
    var onEvent: ((HTTP2Event) -> Void)?
    /// Everything that this side has sent.
    private(set) var sent: [UInt8] = []

    init(
        _ role: HTTP2Session.Role, settings: HTTP2Settings = HTTP2Settings(),
        memory: HTTP2Memory = HTTP2Memory(),
        makeStream: @escaping (StreamID) -> HTTP2Stream = { ScriptedStream(id: $0) }
    ) throws {
        session = try HTTP2Session.make(
            role, settings: settings, memory: memory, makeStream: makeStream)
    }

    func receive(_ bytes: some Sequence<UInt8>) {
        Array(bytes).withUnsafeBytes { bytes in
            do throws(HTTP2Error) {
                try session.receive(bytes, into: batch)
            } catch {
                failure = error
            }
            // Here, because the bytes of a body stand in what was received.
            for event in batch.events { note(event) }
        }
        batch.reset()
    }

    /// Everything to send now.
    func output() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let next = try session.nextOutput() { bytes += next }
        while let (stream, code) = session.takeClosedStream() {
            note(.closed(stream.id.rawValue, code))
        }
        sent += bytes
        return bytes
    }

    func takeEvents() -> [Recorded] {
        defer { events = [] }
        return events
    }

    private func note(_ event: HTTP2Event) {
        onEvent?(event)
        note(Recorded(event, in: batch))
    }

    /// Chunks of one stream's body count as one, however the bytes were cut.
    private func note(_ new: Recorded) {
        if case .data(let id, let more, let endStream) = new,
            case .data(id, let text, false)? = events.last
        {
            events[events.count - 1] = .data(id, text + more, endStream: endStream)
        } else {
            events.append(new)
        }
    }
}

/// A client and a server, back to back.
struct SessionPair {
    let client: SessionSide
    let server: SessionSide

    init(server settings: HTTP2Settings = HTTP2Settings()) throws {
        client = try SessionSide(.client)
        server = try SessionSide(.server, settings: settings)
    }

    /// Carries bytes both ways until neither side has more, in chunks of the sizes that `size` names.
    func pump(chunks size: (_ left: Int) -> Int = { $0 }) throws {
        var isQuiet = false
        while !isQuiet {
            isQuiet = true
            for (source, sink) in [(client, server), (server, client)] {
                var bytes = try source.output()[...]
                if !bytes.isEmpty { isQuiet = false }
                while !bytes.isEmpty {
                    let count = size(bytes.count)
                    sink.receive(bytes.prefix(count))
                    bytes = bytes.dropFirst(count)
                }
            }
        }
    }

    /// Sends a request without a body, and gives the server's stream for it.
    func openStream(
        observesClose: Bool = true, _ fields: [(name: String, value: String)] = getFields
    ) throws -> (client: ScriptedStream, server: ScriptedStream) {
        let stream = ScriptedStream()
        stream.observesClose = observesClose
        client.session.request(stream, headers: .custom(fields), hasBody: false)
        var accepted: ScriptedStream?
        server.onEvent = {
            if case .headers(let reference, _, _) = $0 {
                accepted = reference.stream as? ScriptedStream
            }
        }
        try pump()
        server.onEvent = nil
        _ = server.takeEvents()
        _ = client.takeEvents()
        let server = try #require(accepted)
        server.observesClose = observesClose
        return (stream, server)
    }
}

let getFields: [(name: String, value: String)] = [
    (":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "test"),
]
let getLines = [":method: GET", ":scheme: http", ":path: /", ":authority: test"]
var okFields: HeaderFields { .custom([(":status", "200")]) }

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import GRPCWire
import HTTP2Wire
package import SystemIO

/// The calls of one HTTP/2 connection: bytes of the server in, bytes for the server out. A pure machine: no socket, no
/// clock.
package struct ClientExchange: ~Copyable {
    private let session: HTTP2Session
    private let batch = HTTP2EventBatch()
    private let configuration: ClientConfiguration
    /// Those of calls that go on.
    private var streams: [ClientStream] = []
    private var isGreeted = false
    /// The server's SETTINGS have come.
    private(set) var isEstablished = false
    /// The server's GOAWAY, once it has come.
    package private(set) var goAway: GoAway?
    /// How often calls have ended, or begun again.
    private(set) var endings = 0

    /// An exchange whose preface and SETTINGS wait to be sent.
    package static func make(_ configuration: ClientConfiguration) throws(ConnectionError)
        -> ClientExchange
    {
        do throws(HTTP2Error) {
            return ClientExchange(try .make(.client), configuration)
        } catch {
            throw .http2(text: error.text)
        }
    }

    private init(_ session: HTTP2Session, _ configuration: ClientConfiguration) {
        self.session = session
        self.configuration = configuration
    }

    // MARK: Out

    /// Starts a call. One that cannot be sent ends at once.
    package mutating func start(_ request: ClientRequest, at now: MonotonicTime) -> ClientCall {
        let call = ClientCall(request, at: now)
        if !send(call, at: now) {
            call.end(Status(.unavailable, "the connection has no stream left"), at: now)
        }
        return call
    }

    private mutating func send(_ call: ClientCall, at now: MonotonicTime) -> Bool {
        let stream = ClientStream(call)
        let headers = call.request.headers(configuration, at: now)
        guard session.request(stream, headers: headers, hasBody: true) else { return false }
        streams.append(stream)
        return true
    }

    /// Sends one more message of a call that streams. False when the call has ended, or too much waits already.
    package mutating func send(_ message: EncodedMessage, on call: ClientCall) -> Bool {
        guard let stream = streams.first(where: { $0.call === call }), stream.append(message) else {
            return false
        }
        session.resume(stream)
        return true
    }

    /// Ends a call, and tells the server with the next output.
    package mutating func end(_ call: ClientCall, _ status: Status, at now: MonotonicTime) {
        call.end(status, at: now)
        for stream in streams where stream.call === call { session.reset(stream, .cancel) }
        streams.removeAll { $0.call === call }
    }

    /// Ends every call that goes on.
    package mutating func endAll(_ status: Status, at now: MonotonicTime) {
        for call in streams.map({ $0.call }) { end(call, status, at: now) }
    }

    /// Takes every frame that waits to be sent.
    package mutating func takeOutput(at now: MonotonicTime) throws(ConnectionError) -> [UInt8] {
        var output: [UInt8] = []
        do throws(HTTP2Error) {
            while let bytes = try session.nextOutput() { output.append(contentsOf: bytes) }
        } catch {
            throw .http2(text: error.text)
        }
        // Streams that nghttp2 reset.
        while let closed = session.takeClosedStream() {
            self.closed(closed.stream, closed.code, at: now)
        }
        try endCalls(at: now)
        return output
    }

    // MARK: In

    /// Takes bytes of the server.
    package mutating func receive(
        _ bytes: UnsafeRawBufferPointer, at now: MonotonicTime
    ) throws(ConnectionError) {
        if !isGreeted, let error = ConnectionError(greeting: bytes) { throw error }
        isGreeted = true
        defer { batch.reset() }
        do throws(HTTP2Error) {
            try session.receive(bytes, into: batch)
        } catch {
            throw .http2(text: error.text)
        }
        for event in batch.events { handle(event, at: now) }
        try endCalls(at: now)
    }

    /// Why no more will come of the connection, once the last output was sent; nil while it can be used.
    package var end: ConnectionError? {
        if session.wantsRead { return nil }
        let rule = session.violation?.text ?? session.lastViolation
        if rule == nil, goAway != nil { return .closed }
        return .http2(text: "the server broke the protocol" + (rule.map { " (\($0))" } ?? ""))
    }

    /// Lets go of the calls that have ended, or begins them again.
    private mutating func endCalls(at now: MonotonicTime) throws(ConnectionError) {
        let ended = streams.filter { $0.call.status != nil }
        if ended.isEmpty { return }
        endings &+= 1
        streams.removeAll { $0.call.status != nil }
        // The client's side of a call that streams is still open.
        for stream in ended where stream.call.request.isStreaming { session.reset(stream, .cancel) }
        for call in ended.map({ $0.call }) where call.mayBeRetried && goAway == nil {
            if send(call, at: now) { call.restart() }
        }
        // An answer before the SETTINGS: HTTP/2 of a kind, but no connection.
        if !isEstablished, let status = ended.first?.call.status {
            throw .http2(text: status.message)
        }
    }

    private mutating func handle(_ event: HTTP2Event, at now: MonotonicTime) {
        switch event {
        case .settings: isEstablished = true
        case .goAway(_, let code):
            let text = String(decoding: batch.debugData.prefix(512), as: UTF8.self)
            goAway = GoAway(code: code, text: text)
        case .headers(let stream, let block, let endStream):
            call(of: stream).received(block, endStream: endStream, at: now)
        case .trailers(let stream, let block):
            call(of: stream).received(block, endStream: true, at: now)
        case .data(let stream, let bytes, let endStream):
            call(of: stream).received(bytes, endStream: endStream, at: now)
        case .streamClosed(let stream, let code): closed(stream.stream, code, at: now)
        case .pingAcknowledged: break
        }
    }

    private func closed(_ stream: HTTP2Stream, _ code: HTTP2ErrorCode, at now: MonotonicTime) {
        let stream = unsafeDowncast(stream, to: ClientStream.self)
        stream.call.closed(stream, code, violation: session.lastViolation, at: now)
    }

    /// Every stream is ours: a server may open none (ENABLE_PUSH is 0).
    private func call(of reference: StreamReference) -> ClientCall {
        unsafeDowncast(reference.stream, to: ClientStream.self).call
    }
}

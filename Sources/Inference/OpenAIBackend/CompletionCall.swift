// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire
import HTTP1Wire
import Inference
import OpenAIWire

/// One completion at the upstream, from its request to its end. Belongs to a loop.
final class CompletionCall {
    typealias Outcome = Result<Answer, Status>

    /// What the upstream has sent.
    enum Answer: Sendable {
        case completion(Completion)
        /// One object, which a task reads: it may be long, and must not delay the loop.
        case object([UInt8])
    }

    /// The kind of the response's body.
    private enum Body {
        case events
        /// One object.
        case whole([UInt8])
        /// The body of a response with this status, which is an error.
        case error(status: Int, [UInt8])
    }

    /// Bytes of an error's body.
    private static let errorLimit = 64 << 10

    private var reader: CompletionReader
    private let key: String
    private var body = Body.events
    private var upstream: Upstream?
    private var exchange: UpstreamExchange?
    private var outcome: Pending<Outcome>?
    /// It has begun, and its end was not counted.
    private var isCounted = false

    private let limits: CompletionReader.Limits

    init(_ configuration: UpstreamConfiguration, _ limits: CompletionReader.Limits) {
        reader = CompletionReader(configuration, limits)
        key = configuration.key
        self.limits = limits
    }

    /// Sends the request, and resolves `outcome` once.
    func start(_ request: [UInt8], at upstream: Upstream, _ outcome: Pending<Outcome>) {
        self.outcome = outcome
        self.upstream = upstream
        upstream.access.calls.began(at: upstream.loop.now)
        isCounted = true
        exchange = upstream.exchange(request, bodyLimit: limits.body) { [self] event in
            do throws(UpstreamFailure) {
                try handle(event)
            } catch {
                exchange?.cancel()
                resolve(.failure(error.status))
            }
        }
    }

    /// Closes the connection, so that the upstream stops.
    func cancel() {
        exchange?.cancel()
        exchange = nil
        countEnd(well: false)
    }

    /// The first end counts.
    private func countEnd(well: Bool) {
        if isCounted { upstream?.access.calls.ended(well: well) }
        isCounted = false
    }

    private func handle(_ event: UpstreamExchange.Event) throws(UpstreamFailure) {
        switch event {
        case .head(let head): try received(head)
        case .body(let bytes): try received(bytes)
        case .end: try ended()
        case .failed(.cutOff):
            // The completion is whole if the upstream had sent the reason why its text ends.
            guard case .events = body else { throw .cutOff }
            resolve(.success(.completion(try reader.completion())))
        case .failed(let failure): throw failure
        }
    }

    private func received(_ head: HTTP1ResponseHead) throws(UpstreamFailure) {
        guard head.status == .ok else {
            body = .error(status: head.status.rawValue, [])
            return
        }
        let type = head.fields["content-type"] ?? ""
        if type.hasPrefix("text/event-stream") {
            body = .events
        } else if type.hasPrefix("application/json") {
            body = .whole([])
        } else {
            throw .malformed("it is neither JSON nor a stream of events")
        }
    }

    private func received(_ bytes: UnsafeRawBufferPointer) throws(UpstreamFailure) {
        switch body {
        case .events:
            try reader.receive(bytes)
            noteProgress()
            guard reader.isDone else { return }
            exchange?.linger()
            resolve(.success(.completion(try reader.completion())))
        case .whole(var object):
            body = .events  // one owner while it grows
            guard bytes.count <= limits.object - object.count else {
                throw .malformed("it has more than \(limits.object) bytes")
            }
            object.append(contentsOf: bytes)
            body = .whole(object)
            noteProgress()
        case .error(let status, var text):
            if text.count + bytes.count > Self.errorLimit {
                throw .refused(status: status, message: "")
            }
            text.append(contentsOf: bytes)
            body = .error(status: status, text)
        }
    }

    /// An upstream that generates is healthy, even when its health path does not answer. An error proves nothing: a gateway may
    /// send it for an engine that hangs.
    private func noteProgress() {
        if let upstream { upstream.access.answered(at: upstream.loop.now) }
    }

    private func ended() throws(UpstreamFailure) {
        switch body {
        case .events: break
        case .whole(let object): return resolve(.success(.object(object)))
        case .error(let status, let text):
            throw .refused(
                status: status, message: ErrorMessage.text(in: text, withoutKey: key))
        }
        resolve(.success(.completion(try reader.completion())))
    }

    private func resolve(_ outcome: Outcome) {
        exchange = nil
        if case .success = outcome { countEnd(well: true) } else { countEnd(well: false) }
        self.outcome?.resolve(.value(outcome))
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import HTTP2Wire
import HealthProtocol

/// One call of the probe: the request on its stream, then the state of the answer.
final class ProbeCall: HTTP2Stream {
    /// The name that is asked for; empty for List.
    let service: String
    /// The path of the method.
    let path: StaticString
    private let request: EncodedMessage
    private var sent = 0
    private var state = ClientCallState()
    /// Messages of the answer so far.
    private(set) var messageCount = 0
    /// The latest of them.
    private(set) var message: [UInt8] = []
    /// The status that ended the call.
    private(set) var status: Status?

    init(_ path: StaticString, service: String, _ request: EncodedMessage, inGzip: Bool) {
        self.path = path
        self.service = service
        self.request = inGzip ? request.gzipped ?? request : request
        super.init(id: .connection)
        observesClose = true
    }

    /// How the server broke gRPC's rules, when it did.
    var failure: ClientCallFailure? { state.failure }

    override func produce(into buffer: UnsafeMutableRawBufferPointer) -> Production {
        let count = min(request.bytes.count - sent, buffer.count)
        request.bytes.withUnsafeBytes {
            buffer.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: $0[sent..<sent + count]))
        }
        sent += count
        return sent == request.bytes.count ? .last(count, trailers: nil) : .some(count)
    }

    /// Takes what the server did; events of other streams change nothing.
    func received(_ event: HTTP2Event) {
        guard status == nil else { return }
        switch event {
        case .headers(let stream, let block, let endStream):
            if stream === self { status = state.received(block, endStream: endStream) }
        case .trailers(let stream, let block):
            if stream === self { status = state.received(block, endStream: true) }
        case .data(let stream, let bytes, let endStream):
            guard stream === self else { return }
            var messages: [[UInt8]] = []
            status = state.received(bytes, endStream: endStream) { messages.append($0) }
            messageCount += messages.count
            if let latest = messages.last { message = latest }
        case .streamClosed(let stream, let code):
            if stream === self { status = state.closed(code) }
        case .settings, .pingAcknowledged, .goAway:
            break
        }
    }

    /// Ends the call from our side.
    func end(_ status: Status) { if self.status == nil { self.status = status } }

    /// What the latest message says; INTERNAL when it is no such message.
    func servingStatus() throws(Status) -> ServingStatus {
        try message.withUnsafeBufferPointer { buffer throws(Status) in
            try HealthCheckResponse.decode(UnsafeRawBufferPointer(buffer))
        }
    }

    /// The names that the server listed; INTERNAL when it sent something else.
    func listedStatuses() throws(Status) -> [(name: String, status: ServingStatus)] {
        try message.withUnsafeBufferPointer { buffer throws(Status) in
            try HealthListResponse.decode(UnsafeRawBufferPointer(buffer))
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import HTTP2Wire

/// A unary call of the probe: the request on its stream, then the state of the answer.
final class ProbeCall: HTTP2Stream {
    private let request: EncodedMessage
    private var sent = 0
    private var state = ClientCallState()
    /// Messages of the answer so far.
    private(set) var messages: [[UInt8]] = []

    init(_ request: EncodedMessage) {
        self.request = request
        super.init(id: .connection)
        observesClose = true
    }

    override func produce(into buffer: UnsafeMutableRawBufferPointer) -> Production {
        let count = min(request.bytes.count - sent, buffer.count)
        request.bytes.withUnsafeBytes {
            buffer.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: $0[sent..<sent + count]))
        }
        sent += count
        return sent == request.bytes.count ? .last(count, trailers: nil) : .some(count)
    }

    /// Takes what the server did; returns the status that ends the call.
    func received(_ event: HTTP2Event) -> Status? {
        switch event {
        case .headers(_, let block, let endStream):
            return state.received(block, endStream: endStream)
        case .trailers(_, let block):
            return state.received(block, endStream: true)
        case .data(_, let bytes, let endStream):
            var messages: [[UInt8]] = []
            let status = state.received(bytes, endStream: endStream) { messages.append($0) }
            self.messages += messages
            return status
        case .streamClosed(_, let code):
            return state.closed(code)
        case .settings, .pingAcknowledged, .goAway:
            return nil
        }
    }
}

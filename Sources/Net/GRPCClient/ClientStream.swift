// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import HTTP2Wire

/// The stream of a call: sends the request. A call that is sent again has a second one.
final class ClientStream: HTTP2Stream {
    let call: ClientCall
    private let body: EncodedMessage
    private var sent = 0

    init(_ call: ClientCall) {
        self.call = call
        let message = call.request.message
        body = call.request.usesGzip ? message.gzipped ?? message : message
        super.init(id: .connection)
        observesClose = true
    }

    override func produce(into buffer: UnsafeMutableRawBufferPointer) -> Production {
        let bytes = body.bytes
        let count = min(bytes.count - sent, buffer.count)
        bytes.withUnsafeBytes {
            buffer.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: $0[sent..<sent + count]))
        }
        sent += count
        return sent == bytes.count ? .last(count, trailers: nil) : .some(count)
    }
}

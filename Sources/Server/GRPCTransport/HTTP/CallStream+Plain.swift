// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import HTTP2Wire
import HTTPRouting

/// What a stream does whose request is no call.
extension CallStream {
    /// Answers with this status and text, once the request has ended.
    func begin(_ rejection: HTTPRejection, endStream: Bool) {
        state.beganRejection(rejection)
        if endStream { reject() }
    }

    /// Begins a request of plain HTTP.
    func beginPlain(_ block: HeaderBlock, endStream: Bool) {
        observesClose = true
        responder = .plain(HTTPCall(block, on: self))
        state.beganStreamingRequest()
        if endStream {
            received(UnsafeRawBufferPointer(start: nil, count: 0), endStream: true)
        } else {
            checkHeldBytes()
        }
    }

    /// Gives bytes of the request to what reads them.
    func forward(_ bytes: UnsafeRawBufferPointer, endStream: Bool) {
        switch responder {
        case .none, .source: break
        case .task(let task):
            task.received(bytes, endStream: endStream)
            checkHeldBytes()
        case .plain(let call): call.received(bytes, endStream: endStream)
        }
    }

    /// The server stops: an answer without an end of its own ends here.
    func stopPlain() {
        if case .plain(let call) = responder { call.stop() }
    }
}

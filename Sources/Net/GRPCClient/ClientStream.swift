// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import HTTP2Wire

/// The stream of a call: sends the request, or the requests.
final class ClientStream: HTTP2Stream {
    let call: ClientCall
    /// What is not sent yet, oldest first.
    private var pending: [EncodedMessage]
    /// Bytes of the first of them that are sent.
    private var sent = 0

    /// Bytes that may wait to be sent: a server that takes none must not make them grow.
    static let pendingLimit = 1 << 20

    init(_ call: ClientCall) {
        self.call = call
        let message = call.request.message
        pending = [call.request.usesGzip ? message.gzipped ?? message : message]
        super.init(id: .connection)
        observesClose = true
    }

    /// Adds a message to those to be sent; false when too much waits.
    func append(_ message: EncodedMessage) -> Bool {
        let waiting = pending.reduce(message.bytes.count) { $0 + $1.bytes.count }
        guard call.request.isStreaming, waiting <= Self.pendingLimit else { return false }
        pending.append(message)
        return true
    }

    override func produce(into buffer: UnsafeMutableRawBufferPointer) -> Production {
        var total = 0
        while total < buffer.count, let message = pending.first {
            let bytes = message.bytes
            let count = min(bytes.count - sent, buffer.count - total)
            bytes.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: buffer[total...]).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: $0[sent..<sent + count]))
            }
            total += count
            sent += count
            if sent < bytes.count { break }
            pending.removeFirst()
            sent = 0
        }
        if call.request.isStreaming { return total == 0 ? .later : .some(total) }
        return pending.isEmpty ? .last(total, trailers: nil) : .some(total)
    }
}

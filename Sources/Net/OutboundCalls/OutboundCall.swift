// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCClient
package import GRPCWire
import SystemIO

/// One call of a ``CallConnection``.
package final class OutboundCall {
    /// What happens to it.
    package enum Event {
        /// A message of the server.
        case message([UInt8])
        /// It has ended: the server's status, DEADLINE_EXCEEDED, or UNAVAILABLE with the connection. Comes once, as the last.
        case ended(Status)
    }

    let call: ClientCall
    var onEvent: ((Event) -> Void)?
    var timer: TimerID?

    init(_ call: ClientCall, _ onEvent: @escaping (Event) -> Void) {
        self.call = call
        self.onEvent = onEvent
    }

    var deadline: MonotonicTime { call.deadline }

    /// Its last event was told.
    private(set) var isOver = false

    /// Tells what has come since the last time.
    func tell(_ loop: EventLoop) {
        while let message = call.takeMessage() { onEvent?(.message(message)) }
        guard let status = call.status, !isOver else { return }
        isOver = true
        if let timer { loop.cancel(timer) }
        timer = nil
        let onEvent = onEvent
        self.onEvent = nil
        onEvent?(.ended(status))
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops

/// What a client has of a server at one time: the dial, the connection that came of it, and the timer of what it waits for.
/// Belongs to a loop.
package struct OutboundLine {
    package var dial: OutboundDial?
    package var connection: OutboundConnection?
    package var timer: TimerID?

    /// Nothing of it.
    package init() {}

    /// Lets go of all of it, without an event.
    package mutating func close(on loop: EventLoop) {
        stopTimer(on: loop)
        dial?.cancel()
        dial = nil
        connection?.close()
        connection = nil
    }

    /// Ends the wait, if there is one.
    package mutating func stopTimer(on loop: EventLoop) {
        if let timer { loop.cancel(timer) }
        timer = nil
    }
}

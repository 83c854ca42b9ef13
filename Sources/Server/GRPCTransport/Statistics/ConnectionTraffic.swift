// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// What was counted of one connection of HTTP/2: plain integers, which only its loop touches.
struct ConnectionTraffic {
    /// Messages of requests that were handed to a handler.
    private(set) var messagesReceived = 0
    /// Messages of answers that were sent, or made ready for a client that takes nothing now.
    private(set) var messagesSent = 0
    /// PINGs that asked whether the client is still there.
    var keepalives = 0
    /// When the latest call began.
    var latestCall = MonotonicTime(nanoseconds: .min)
    private(set) var latestReceived = MonotonicTime(nanoseconds: .min)
    private(set) var latestSent = MonotonicTime(nanoseconds: .min)

    @inline(__always)
    mutating func messageReceived(at now: MonotonicTime) {
        messagesReceived &+= 1
        latestReceived = now
    }

    @inline(__always)
    mutating func messageSent(at now: MonotonicTime) {
        messagesSent &+= 1
        latestSent = now
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP2Wire

/// How far the graceful end of a connection has come.
struct GracefulShutdown {
    /// The client was asked to open no more streams.
    var isStarted = false
    /// Runs until the client has answered the PING of the first step.
    var timer: TimerID?
    /// The client's latest call when the end was started, if all answers had been delivered by then.
    var latestCall: StreamID?

    /// Sent behind the first GOAWAY: the client that answers it has that GOAWAY.
    static let ping: UInt64 = 0x6472_6169_6e69_6e67
}

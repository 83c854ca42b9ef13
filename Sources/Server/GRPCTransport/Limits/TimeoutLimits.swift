// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// How long a server waits for its clients. Zero switches a limit off.
package struct TimeoutLimits: Sendable {
    /// From the accepted connection to the client's SETTINGS, with the TLS handshake.
    package var handshake = Duration.seconds(10)
    /// From the first byte of a header block to its last.
    package var header = Duration.seconds(10)
    /// From the header block of a request with one message to its end.
    package var request = Duration.seconds(30)
    /// For a client to take some of what waits for it, on its socket or in a stream's window.
    package var write = Duration.seconds(30)
    /// For the answer of a deferred HTTP handler; then 503 is the answer.
    package var deferred = Duration.seconds(90)
    /// For an HTTP answer without an end of its own, such as an event stream; then it ends, and its client asks again.
    package var stream = Duration.seconds(3600)
    /// Without a call; then the client is asked to leave.
    package var idle = Duration.seconds(300)
    /// From accepting a connection to asking its client to leave, a tenth more or less.
    package var maxAge = Duration.zero
    /// For the calls of a client that was asked to leave because of age.
    package var maxAgeGrace = Duration.seconds(30)
    /// For a client's answer to the first GOAWAY of a graceful stop.
    package var goAwayGrace = Duration.seconds(1)
    /// Without a byte from a client that has calls: then it is sent a PING.
    package var keepaliveInterval = Duration.seconds(120)
    /// For the answer to that PING.
    package var keepalive = Duration.seconds(20)

    /// The defaults.
    package init() {}

    /// Between two sweeps of all connections: fine enough for the shortest limit. Not for ``goAwayGrace``, which has a
    /// timer of its own.
    var sweepInterval: Duration {
        let shortest = [
            handshake, header, request, write, idle, maxAge, keepaliveInterval, keepalive,
            deferred, stream,
        ].filter { $0 > .zero }.min()
        return min(max((shortest ?? .seconds(4)) / 4, .milliseconds(5)), .seconds(1))
    }

    /// Between two looks at the calls of a connection, of which there may be a hundred: their limits are longer. Half a sweep
    /// less, since one may be a little early.
    var callSweepPause: Duration {
        let shortest = [request, write, deferred, stream].filter { $0 > .zero }.min()
        return max((shortest ?? .seconds(32)) / 16, sweepInterval) - sweepInterval / 2
    }
}

extension Duration {
    /// Whether this limit has passed since `start`; never without a start, and zero is no limit.
    func hasPassed(since start: MonotonicTime?, at now: MonotonicTime) -> Bool {
        guard let start, self > .zero else { return false }
        return now - start >= self
    }
}

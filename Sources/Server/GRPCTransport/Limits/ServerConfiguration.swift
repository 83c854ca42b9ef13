// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP2Wire
import SystemIO
import TLSWire

/// What a server holds and how long it waits; every value is a limit on what a peer can make us spend.
///
/// The defaults are safe on the open internet; docs/limits.md has the reason for each. A duration of zero switches
/// its limit off.
public struct ServerConfiguration: Sendable {
    /// Told to each client at the start.
    public var settings = HTTP2Settings()
    /// Certificates and rules of TLS; nil for plaintext. ``GRPCServer/use(_:)`` puts others in their place.
    public var tls: TLSContext?

    // How many.

    /// Connections in all. One more makes room by closing one that has been idle long, or is refused.
    public var maxConnections = 10_000
    /// Of what is free for it, the part that one peer (an IPv4 address, a /64 of IPv6) may have of connections and of
    /// calls that stream their answer, in hundredths: one alone gets so much of all.
    public var maxPeerShare = 90
    /// Connections beyond, for the first call of those that find no place; as many again for those of this machine. A
    /// call that lasts is refused there.
    public var reservedConnections = 32
    /// TLS handshakes under way. One more makes room by closing one that has lasted long, or is refused.
    public var maxHandshakes = 1_000
    /// Calls that stream their answer (Watch) on one connection; RESOURCE_EXHAUSTED beyond.
    public var maxStreamingCallsPerConnection = 100
    /// Calls that stream their answer (Watch) in all; RESOURCE_EXHAUSTED beyond.
    public var maxStreamingCalls = 20_000
    /// Bytes of unfinished requests that one connection may have us hold (RESOURCE_EXHAUSTED beyond).
    public var maxRequestBytesPerConnection = 16 << 20
    /// Bytes that all clients together may have us hold: of unfinished requests, and of answers they do not read.
    public var maxHeldBytes = 256 << 20
    /// Frames without use for any call that a client may send at once; it earns more by time and by calls.
    public var frameBudget = 1_000
    /// How many such frames a second it earns.
    public var frameBudgetPerSecond = 100

    // How long.

    /// From the accepted connection to the client's SETTINGS, the TLS handshake included.
    public var handshakeTimeout = Duration.seconds(10)
    /// From the first byte of a header block to its last.
    public var headerTimeout = Duration.seconds(10)
    /// From the header block of a request with one message to its end.
    public var requestTimeout = Duration.seconds(30)
    /// For a client to take something of what waits for it, on its socket or a stream's window.
    public var writeTimeout = Duration.seconds(30)
    /// Without a call; then the client is asked to leave.
    public var idleTimeout = Duration.seconds(300)
    /// From accepting a connection to asking its client to leave, a tenth more or less.
    public var maxAge = Duration.zero
    /// For the calls of a client that was asked to leave because of age.
    public var maxAgeGrace = Duration.seconds(30)
    /// How long a graceful stop waits for a client's answer to the first GOAWAY.
    public var goAwayGrace = Duration.seconds(1)

    // Signs of life.

    /// Without a byte from a client that has calls: it is sent a PING.
    public var keepaliveInterval = Duration.seconds(120)
    /// For the answer to that PING.
    public var keepaliveTimeout = Duration.seconds(20)
    /// Between two PINGs of a client; sooner is a strike, unless answers went out meanwhile.
    public var minPingInterval = Duration.seconds(10)
    /// One strike more ends the connection (too_many_pings).
    public var maxPingStrikes = 2

    /// The defaults.
    public init() {}

    /// The part of one worker of `count`: the kernel spreads connections over them.
    func divided(by count: Int) -> ServerConfiguration {
        var part = self
        part.maxHandshakes = max(1, maxHandshakes / count)
        part.reservedConnections = (reservedConnections + count - 1) / count
        return part
    }

    /// Between two sweeps of all connections: fine enough for the shortest limit. Not for ``goAwayGrace``, which has a
    /// timer of its own.
    var sweepInterval: Duration {
        let shortest = [
            handshakeTimeout, headerTimeout, requestTimeout, writeTimeout, idleTimeout, maxAge,
            keepaliveInterval, keepaliveTimeout,
        ].filter { $0 > .zero }.min()
        return min(max((shortest ?? .seconds(4)) / 4, .milliseconds(5)), .seconds(1))
    }
}

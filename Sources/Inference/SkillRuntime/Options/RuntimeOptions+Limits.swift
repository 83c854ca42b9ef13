// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import HTTP2Wire
import Settings

extension RuntimeOptions {
    /// What clients can make the server hold; see ``ServerConfiguration``.
    static var countSettings: [Setting<RuntimeOptions>] {
        [
            .value(
                "max-connections", \.server.capacity.maxConnections, .integer(in: 1...1_000_000),
                "connections in all; one more takes the place of an idle one, or has only a first call"
            ),
            .value(
                "max-peer-share", \.server.capacity.maxPeerShare, .integer(in: 1...100),
                "per cent of connections and of streaming calls that one address (a /64 of IPv6) may have when "
                    + "it is alone; several share alike; 100 for no such limit"),
            .value(
                "reserved-connections", \.server.capacity.reservedConnections,
                .integer(in: 0...10_000),
                "extra connections beyond --max-connections, for one call each; as many again for "
                    + "clients on this machine"),
            .value(
                "max-handshakes", \.server.capacity.maxHandshakes, .integer(in: 1...1_000_000),
                "TLS handshakes under way; one more takes the place of an old one, or is refused"),
            .value(
                "max-concurrent-streams", \.server.settings.maxConcurrentStreams,
                .integer(in: 1...1_000_000), "calls that a connection may have open at once"),
            .value(
                "max-streams-per-connection", \.server.capacity.maxStreamingCallsPerConnection,
                .integer(in: 1...1_000_000),
                "streaming calls (Watch, reflection, event streams) on one connection"),
            .value(
                "max-streams", \.server.capacity.maxStreamingCalls, .integer(in: 1...10_000_000),
                "streaming calls in all"),
            .value(
                "max-header-list-size", \.server.settings.maxHeaderListSize,
                .size(in: 1 << 10...1 << 20), "header fields of one request"),
            .value(
                "max-request-bytes", \.server.capacity.maxRequestBytesPerConnection,
                .size(in: 1 << 10...1 << 40), "unfinished requests that one connection may have"),
            .value(
                "max-held-bytes", \.server.capacity.maxHeldBytes, .size(in: 1 << 10...1 << 40),
                "unfinished requests and unread responses of all connections; by default at most a "
                    + "quarter of the control group's memory"),
            .value(
                "frame-budget", \.server.abuse.frameBudget, .integer(in: 100...1_000_000),
                "frames of no use to any call that a client may send at once"),
            .value(
                "frame-budget-per-second", \.server.abuse.frameBudgetPerSecond,
                .integer(in: 1...1_000_000), "such frames that a client earns each second"),
        ]
    }

    /// What clients can make the server wait for.
    static var timeSettings: [Setting<RuntimeOptions>] {
        [
            .value(
                "handshake-timeout", \.server.timeouts.handshake, .duration,
                "from the connection to the client's first frame, TLS included; 0 for no limit"),
            .value(
                "header-timeout", \.server.timeouts.header, .duration,
                "for the headers of a request; 0 for no limit"),
            .value(
                "request-timeout", \.server.timeouts.request, .duration,
                "for the rest of a request with one message; 0 for no limit"),
            .value(
                "write-timeout", \.server.timeouts.write, .duration,
                "for a client to take something of what waits for it; 0 for no limit"),
            .value(
                "idle-timeout", \.server.timeouts.idle, .duration,
                "without a call until a client is asked to leave; 0 for no limit"),
            .value(
                "max-connection-age", \.server.timeouts.maxAge, .duration,
                "until a client is asked to leave, a tenth more or less; 0 for no limit"),
            .value(
                "max-connection-age-grace", \.server.timeouts.maxAgeGrace, .duration,
                "for the calls of a client that was asked to leave because of age"),
            .value(
                "goaway-grace", \.server.timeouts.goAwayGrace, .duration,
                "for a client's answer to the first GOAWAY of a graceful stop"),
        ]
    }

    /// PINGs in both directions.
    static var keepaliveSettings: [Setting<RuntimeOptions>] {
        [
            .value(
                "keepalive-interval", \.server.timeouts.keepaliveInterval, .duration,
                "of silence until a client with calls is sent a PING; 0 for never"),
            .value(
                "keepalive-timeout", \.server.timeouts.keepalive, .duration,
                "for the answer to that PING"),
            .value(
                "min-ping-interval", \.server.abuse.minPingInterval, .duration,
                "between two PINGs of a client; sooner is a strike"),
            .value(
                "max-ping-strikes", \.server.abuse.maxPingStrikes, .integer(in: 0...1_000_000),
                "strikes that a client may have; one more ends its connection"),
        ]
    }
}

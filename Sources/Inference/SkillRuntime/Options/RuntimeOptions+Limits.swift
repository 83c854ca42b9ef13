// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Settings

extension RuntimeOptions {
    /// What clients can make the server hold and wait for; see ``ServerConfiguration``.
    static var limitSettings: [Setting<RuntimeOptions>] {
        countSettings + timeSettings + keepaliveSettings
    }

    private static var countSettings: [Setting<RuntimeOptions>] {
        [
            .value(
                "max-connections", \.server.maxConnections, .integer(in: 1...1_000_000),
                "connections in all; one more takes the place of an idle one, or has only a first call"
            ),
            .value(
                "max-peer-share", \.server.maxPeerShare, .integer(in: 1...100),
                "per cent of connections and of watches that one address (a /64 of IPv6) may have when "
                    + "it is alone; several share alike; 100 for no such limit"),
            .value(
                "reserved-connections", \.server.reservedConnections, .integer(in: 0...10_000),
                "connections beyond, for the first call of those that find no place; as many again for "
                    + "those from this machine"),
            .value(
                "max-handshakes", \.server.maxHandshakes, .integer(in: 1...1_000_000),
                "TLS handshakes under way; one more takes the place of an old one, or is refused"),
            .value(
                "max-concurrent-streams", \.server.settings.maxConcurrentStreams,
                .integer(in: 1...1_000_000), "calls that a connection may have open at once"),
            .value(
                "max-streams-per-connection", \.server.maxStreamingCallsPerConnection,
                .integer(in: 1...1_000_000), "watches on one connection"),
            .value(
                "max-streams", \.server.maxStreamingCalls, .integer(in: 1...10_000_000),
                "watches in all"),
            .value(
                "max-header-list-size", \.server.settings.maxHeaderListSize,
                .size(in: 1 << 10...1 << 20), "header fields of one request"),
            .value(
                "max-request-bytes", \.server.maxRequestBytesPerConnection,
                .size(in: 1 << 10...1 << 40), "unfinished requests that one connection may have"),
            .value(
                "max-held-bytes", \.server.maxHeldBytes, .size(in: 1 << 10...1 << 40),
                "what all connections together may have waiting; by default a quarter of the control group"
            ),
            .value(
                "frame-budget", \.server.frameBudget, .integer(in: 100...1_000_000),
                "frames of no use to any call that a client may send at once"),
            .value(
                "frame-budget-per-second", \.server.frameBudgetPerSecond,
                .integer(in: 1...1_000_000), "such frames that a client earns each second"),
        ]
    }

    private static var timeSettings: [Setting<RuntimeOptions>] {
        [
            .value(
                "handshake-timeout", \.server.handshakeTimeout, .duration,
                "from the connection to the client's first frame, TLS included; 0 for no limit"),
            .value(
                "header-timeout", \.server.headerTimeout, .duration,
                "for the headers of a request; 0 for no limit"),
            .value(
                "request-timeout", \.server.requestTimeout, .duration,
                "for the rest of a request with one message; 0 for no limit"),
            .value(
                "write-timeout", \.server.writeTimeout, .duration,
                "for a client to take something of what waits for it; 0 for no limit"),
            .value(
                "idle-timeout", \.server.idleTimeout, .duration,
                "without a call until a client is asked to leave; 0 for no limit"),
            .value(
                "max-connection-age", \.server.maxAge, .duration,
                "until a client is asked to leave, a tenth more or less; 0 for no limit"),
            .value(
                "max-connection-age-grace", \.server.maxAgeGrace, .duration,
                "for the calls of a client that was asked to leave because of age"),
            .value(
                "goaway-grace", \.server.goAwayGrace, .duration,
                "for a client's answer to the first GOAWAY of a graceful stop"),
        ]
    }

    private static var keepaliveSettings: [Setting<RuntimeOptions>] {
        [
            .value(
                "keepalive-interval", \.server.keepaliveInterval, .duration,
                "of silence until a client with calls is sent a PING; 0 for never"),
            .value(
                "keepalive-timeout", \.server.keepaliveTimeout, .duration,
                "for the answer to that PING"),
            .value(
                "min-ping-interval", \.server.minPingInterval, .duration,
                "between two PINGs of a client; sooner is a strike"),
            .value(
                "max-ping-strikes", \.server.maxPingStrikes, .integer(in: 0...1_000_000),
                "strikes that a client may have; one more ends its connection"),
        ]
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import GRPCHealth
package import Settings

/// Where the runtime listens, and what is served there.
package struct NetworkOptions: Sendable {
    /// The TCP port; 0 has the kernel choose one.
    package var port: UInt16 = 50051
    /// The address to listen on; empty for all interfaces, of both families where the machine has them.
    package var host = ""
    /// The address for operators; nil for none.
    package var admin: SideAddress?
    /// The address for health alone; nil for none.
    package var health: SideAddress?
    /// The address for HTTP alone; nil to serve it at the port.
    package var http: SideAddress?
    /// The socket for questions in JSON; nil for none.
    package var json: SideAddress?
    /// Connections at each of the addresses beside the port; no setting.
    var sideConnections = 1_000
    /// Which clients are told why a health name is not SERVING.
    package var reasonAudience = ReasonAudience.none
    /// Clients can ask at each address what is served there.
    package var hasReflection = true
    /// Event loops; 0 for one per core.
    package var loops = 0
}

extension RuntimeOptions {
    static var networkSettings: [Setting<RuntimeOptions>] {
        [
            .value(
                "port", \.network.port, .integer(in: 0...65_535),
                "TCP port to listen on; 0 for any free one"),
            .value(
                "host", \.network.host, .text("address"),
                "IP address to listen on", default: "all interfaces"),
            .value(
                "admin", \.network.admin,
                .optional(.localAddress(because: "who reaches it may unload models")),
                "where operators send commands and load models: unix:/path of a socket, 127.0.0.1:port or "
                    + "[::1]:port", default: "nowhere"),
            .value(
                "health-addr", \.network.health, .optional(.sideAddress),
                "where health is asked apart from everything else, on a loop and with limits of its "
                    + "own, in plaintext: unix:/path of a socket, or IP:port", default: "nowhere"),
            .value(
                "http-addr", \.network.http, .optional(.sideAddress),
                "where the pages are served instead of at the port, with limits of their own, in plaintext: "
                    + "unix:/path of a socket, or IP:port",
                default: "the port"),
            .value(
                "reflection", \.network.hasReflection, .boolean,
                "describe the services of each address to clients that have no files of them, such as "
                    + "grpcurl (gRPC server reflection)"),
            .value(
                "json-socket", \.network.json, .optional(.socketPath),
                "Unix socket where health is asked in JSON, a message a line", default: "nowhere"),
        ]
    }

    /// Who is told more than the status.
    static var reasonSettings: [Setting<RuntimeOptions>] {
        [
            .value(
                "reason-codes", \.network.reasonAudience, .choice("audience"),
                "whom the trailer vitals-reason-code of a Check tells why it is not SERVING: none, loopback "
                    + "(clients of this machine) or all")
        ]
    }

    /// What few need.
    static var loopSettings: [Setting<RuntimeOptions>] {
        [
            .value(
                "loops", \.network.loops, .integer(in: 0...1024), "event loops; 0 for one per core")
        ]
    }
}
